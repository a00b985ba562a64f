"""Batches end, their counts add up, and every custom_id has one line over output and error file."""

import json

from ..work import TERMINAL_BATCHES


def check(world):
    stuck = wrong_counts = wrong_lines = 0
    for batch in world.work.accepted_batches:
        told = batch.tenant.client.request("GET", f"/v1/batches/{batch.id}").json
        if told["status"] not in TERMINAL_BATCHES:
            stuck += 1
            continue
        counts = told["request_counts"]
        output = read_lines(batch, told.get("output_file_id"))
        errors = read_lines(batch, told.get("error_file_id"))
        total = len(batch.items)
        if (counts["total"], counts["completed"], counts["failed"]) != (total, len(output), len(errors)):
            wrong_counts += 1
        if sorted(line["custom_id"] for line in output + errors) != sorted(item.key for item in batch.items):
            wrong_lines += 1
    world.report.equals("stuck_batches", stuck)
    world.report.equals("batches_with_wrong_counts", wrong_counts)
    world.report.equals("batches_without_one_line_per_custom_id", wrong_lines)


def read_lines(batch, file):
    if not file:
        return []
    content = batch.tenant.client.request("GET", f"/v1/files/{file}/content").body
    return [json.loads(line) for line in content.split(b"\n") if line]
