"""Files, webhooks, results as they come and the doctor, on the command line."""

import json

from harness.batches import chat, chat_lines, create, line
from harness.processes import eventually
from harness.receiver import Receiver
from harness.settings import NARROW
from test_cli import ERROR, OK, UNREACHABLE, expect


def test_files_from_upload_to_deletion(tenant, tmp_path):
    path = tmp_path / "requests.jsonl"
    path.write_text("\n".join(chat_lines(3)) + "\n")
    id = expect(tenant.cli("files", "upload", path), OK).stdout.strip()
    assert id.startswith("file-") and id in expect(tenant.cli("files"), OK).stdout
    copy = tmp_path / "copy.jsonl"
    expect(tenant.cli("files", "download", id, "--output", copy), OK)
    assert copy.read_bytes() == path.read_bytes() == expect(tenant.cli("files", "download", id), OK).stdout.encode()
    refused = tenant.cli("files", "delete", id)
    assert refused.returncode == ERROR and "--yes" in refused.stderr
    assert expect(tenant.cli("files", "delete", id, "--yes"), OK).stdout == f"{id} is deleted\n"
    assert tenant.cli("files", "download", id).returncode == ERROR
    assert tenant.cli("files", "upload", tmp_path / "nothing").returncode == ERROR


def test_webhooks_on_the_command_line(tenant):
    receiver = Receiver()
    try:
        made = expect(tenant.cli("webhooks", "create", "--name", "ci", "--to", receiver.url, "--event", "job.succeeded"), OK)
        assert made.stdout.startswith("whsec_")
        [endpoint] = tenant.sdk.webhooks.list().data
        assert endpoint.id in expect(tenant.cli("webhooks"), OK).stdout
        assert "answered 200" in expect(tenant.cli("webhooks", "test", endpoint.id, "--event", "job.succeeded"), OK).stdout
        assert expect(tenant.cli("webhooks", "rotate", endpoint.id, "--keep-old"), OK).stdout.startswith("whsec_")
        tenant.web.post("/v1/jobs", {"body": chat("hello")})
        rows = eventually(lambda: tenant.web.get("/v1/webhook_deliveries?state=delivered").json["data"], "it is delivered")
        assert rows[0]["id"] in expect(tenant.cli("webhooks", "deliveries", "--state", "delivered"), OK).stdout
        assert "sent again" in expect(tenant.cli("webhooks", "replay", rows[0]["id"]), OK).stdout
        expect(tenant.cli("webhooks", "delete", endpoint.id, "--yes"), OK)
    finally:
        receiver.stop()


def test_results_are_followed(tenant):
    lines = [line(f"c{n}", {**chat(f"[simulate:latency=400] {n}"), "model": NARROW[10]}) for n in range(6)]
    batch = create(tenant, lines)
    followed = expect(tenant.cli("results", batch.id, "--follow"), OK)
    customs = [json.loads(each)["custom_id"] for each in followed.stdout.splitlines()]
    assert sorted(customs) == [f"c{n}" for n in range(6)] and "completed" in followed.stderr


def test_doctor(stack, tenant):
    healthy = tenant.cli("doctor")
    assert healthy.returncode == 0 and "answers at" in healthy.stdout and "admin" in healthy.stdout, healthy
    admin = tenant.cli("doctor", PENSTOCK_API_KEY=stack.admin_key)
    assert "pool" in admin.stdout
    wrong = tenant.cli("doctor", PENSTOCK_API_KEY="psk_wrong")
    assert wrong.returncode == ERROR and "key" in wrong.stderr
    assert tenant.cli("doctor", "--url", "http://127.0.0.1:1").returncode == UNREACHABLE
    assert tenant.cli("completion", "bash").stdout.startswith("#!/bin/bash")
