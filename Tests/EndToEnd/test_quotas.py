"""What one tenant may keep, and what is kept of the ledger's disk for results."""

import openai
import pytest

from harness.batches import CHAT, chat, chat_lines, create, upload, wait
from harness.processes import eventually
from harness.web import Web

QUOTAS = {"intake": {"max_files_per_tenant": 3, "max_file_bytes_per_tenant": 2 << 20, "max_open_batches_per_tenant": 2,
                     "max_idempotency_keys_per_tenant": 3}}
EVERYTHING = 10**15  # as a reserve: more than any disk has


@pytest.fixture
def limited(new_stack):
    return new_stack(**QUOTAS).up()


def test_quotas(limited):
    """One tenant uses all up; another one notices nothing."""
    tenant, other = limited.tenant(), limited.tenant()
    sdk = tenant.sdk.with_options(max_retries=0)
    keys = [tenant.web.request("POST", "/v1/jobs", {"body": chat("key")}, {"Idempotency-Key": f"k{number}"})
            for number in range(4)]
    assert [each.status for each in keys] == [202, 202, 202, 429] and keys[3].error["code"] == "too_many_idempotency_keys"
    # Two that go on; there is no third.
    file = upload(tenant, chat_lines(1, "[simulate:latency=20000] open"))
    options = {"input_file_id": file.id, "endpoint": CHAT, "completion_window": "24h"}
    open_ones = [sdk.batches.create(**options) for _ in range(2)]
    with pytest.raises(openai.RateLimitError) as refused:
        sdk.batches.create(**options)
    assert refused.value.code == "too_many_open_batches" and refused.value.response.headers["retry-after"] == "60"
    messages = {"requests": [{"custom_id": "a", "params": chat("m")}]}
    assert tenant.web.post("/v1/messages/batches", messages).json["error"]["type"] == "rate_limit_error"
    sdk.batches.cancel(open_ones[0].id)
    eventually(lambda: sdk.batches.retrieve(open_ones[0].id).status == "cancelled", "one has ended")
    assert wait(tenant, create(tenant, chat_lines(2))).request_counts.completed == 2
    # Bytes, then files.
    with pytest.raises(openai.PermissionDeniedError) as refused:
        sdk.files.create(file=("f.jsonl", b" " * (3 << 20)), purpose="batch")
    assert refused.value.code == "file_bytes_quota_reached"
    sdk.files.create(file=("f.jsonl", b"{}\n"), purpose="batch")
    with pytest.raises(openai.PermissionDeniedError) as refused:
        sdk.files.create(file=("f.jsonl", b"{}\n"), purpose="batch")
    assert refused.value.code == "file_quota_reached"
    assert wait(other, create(other, chat_lines(2))).request_counts.completed == 2
    metrics = Web(f"http://127.0.0.1:{limited.operations_port}").get("/metrics").body.decode()
    for quota in ["files", "file_bytes", "open_batches", "idempotency_keys"]:
        assert f'penstock_quota_refusals_total{{quota="{quota}"}} ' in metrics


def test_the_last_of_the_disk_is_for_results(new_stack):
    """With a reserve that no disk has: what is accepted goes on, uploads are told why not."""
    stack = new_stack(intake={"disk_reserve_bytes": EVERYTHING}).up()
    if stack.ledger_kind != "sqlite":
        pytest.skip("the disk of MongoDB's server is not seen from here")
    tenant = stack.tenant()
    sdk = tenant.sdk.with_options(max_retries=0)
    with pytest.raises(openai.InternalServerError) as refused:
        sdk.files.create(file=("f.jsonl", b"{}\n" * 1_000_000), purpose="batch")
    assert refused.value.status_code == 503 and refused.value.code == "storage_full"
    refused = tenant.web.post("/v1/messages/batches", {"requests": [{"custom_id": "a", "params": chat("m")}]})
    assert refused.status == 503 and refused.headers["retry-after"] == "60"
    job = tenant.web.post("/v1/jobs", {"body": chat("goes on")}).json["id"]
    assert tenant.web.get(f"/v1/jobs/{job}?wait=20").json["state"] == "succeeded"
    metrics = Web(f"http://127.0.0.1:{stack.operations_port}").get("/metrics").body.decode()
    free = next(line for line in metrics.splitlines() if line.startswith("penstock_ledger_disk_free_bytes "))
    assert 0 < float(free.split()[1]) < EVERYTHING
