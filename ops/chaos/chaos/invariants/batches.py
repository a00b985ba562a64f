"""Batches end, their counts add up, and every custom_id has one line over output and error file."""

import json

from ..work import TERMINAL_BATCHES


def check(world):
    stuck = wrong_counts = wrong_lines = 0
    for batch in world.work.accepted_batches:
        if batch.is_of_messages:
            has_ended, has_right_counts, has_one_each = messages(batch)
            stuck += not has_ended
            wrong_counts += not has_right_counts
            wrong_lines += not has_one_each
            continue
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


def messages(batch):
    """Whether a batch of messages has ended, with counts that add up, with one result per custom_id."""
    path = f"/v1/messages/batches/{batch.messages_id}"
    told = batch.tenant.client.request("GET", path).json
    if told["processing_status"] != "ended":
        return False, True, True
    content = batch.tenant.client.request("GET", f"{path}/results").body
    results = [json.loads(line) for line in content.split(b"\n") if line]
    succeeded = sum(each["result"]["type"] == "succeeded" for each in results)
    names = sorted(each["custom_id"] for each in results)
    return True, told["request_counts"]["succeeded"] == succeeded, names == sorted(item.key for item in batch.items)


def read_lines(batch, file):
    if not file:
        return []
    content = batch.tenant.client.request("GET", f"/v1/files/{file}/content").body
    return [json.loads(line) for line in content.split(b"\n") if line]
