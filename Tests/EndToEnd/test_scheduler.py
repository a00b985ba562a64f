"""What a scheduler does about batches and pools that no single job drives."""

import json
import time

from harness.batches import assert_each_once, chat, chat_lines, create, wait, wait_for_progress
from harness.processes import eventually
from harness.settings import FAIR, pool_name

SLOW = "[simulate:latency=100]"


def order(tenant, batch, what, method="POST", body=None):
    reply = tenant.web.request(method, f"/v1/batches/{batch.id}{what}", body)
    assert reply.status == 200, reply
    return reply.json


def test_a_paused_batch_can_be_cancelled(tenant):
    lines = chat_lines(100, model=FAIR, prompt=SLOW)
    batch = create(tenant, lines)
    wait_for_progress(tenant, batch, finished=3)
    order(tenant, batch, "/pause")
    tenant.sdk.batches.cancel(batch.id)
    done = wait(tenant, batch)
    assert done.status == "cancelled"
    assert_each_once(tenant, done, lines)
    refused = tenant.web.post(f"/v1/batches/{batch.id}/resume")
    assert refused.status == 409 and refused.error["code"] == "batch_finished"


def test_a_batch_whose_deadline_comes_nearer_expires(tenant):
    lines = chat_lines(300, model=FAIR, prompt="[simulate:latency=300]")
    batch = create(tenant, lines)
    wait_for_progress(tenant, batch, finished=2)
    order(tenant, batch, "", "PATCH", {"deadline": "2s"})
    done = wait(tenant, batch)
    assert done.status == "expired"
    output, errors = assert_each_once(tenant, done, lines)
    assert output and {each["error"]["code"] for each in errors} == {"batch_expired"}


def test_a_few_lines_do_not_wait_for_a_huge_batch(new_stack):
    """Their validation and feeding go on beside the validation, feeding and running of 20,000 lines."""
    stack = new_stack(simulator={"latency_ms": 20}).up()
    big, small = stack.tenant(), stack.tenant()
    huge = create(big, chat_lines(20_000))
    began = time.monotonic()
    few = [wait(small, create(small, chat_lines(10))) for _ in range(3)]
    took = time.monotonic() - began
    assert [batch.status for batch in few] == ["completed"] * 3
    counts = big.sdk.batches.retrieve(huge.id)
    assert counts.status in ("validating", "in_progress"), "the huge batch must still be on its way"
    assert counts.request_counts.completed < 10_000, f"three times ten lines took {took:.1f} s"
    big.sdk.batches.cancel(huge.id)
    wait(big, huge)


def test_jobs_of_a_removed_pool_end_with_a_reason(new_stack):
    stack = new_stack()
    stack.up()
    tenant = stack.tenant()
    paused = stack.admin.post(f"/v1/admin/pools/{pool_name(FAIR)}/pause")
    assert paused.status == 200, paused
    jobs = [tenant.web.post("/v1/jobs", {"body": chat("orphan", model=FAIR)}).json for _ in range(5)]
    stack.supervisor.stop()

    without = {name: pool for name, pool in stack.settings["pools"].items() if name != pool_name(FAIR)}
    routes = {model: pool for model, pool in stack.settings["routes"].items() if model != FAIR}
    stack.settings = {**stack.settings, "pools": without, "routes": routes,
                      "scheduler": {"removed_pool_grace_seconds": 2}}
    stack.settings_file.write_text(json.dumps(stack.settings))
    stack.up()
    for job in jobs:
        def ended():
            now = tenant.web.get(f"/v1/jobs/{job['id']}").json
            return now if now.get("state") == "failed" else None
        failed = eventually(ended, f"{job['id']} ends", seconds=30, pause=0.2)
        assert failed["error"]["code"] == "penstock_pool_removed", failed
