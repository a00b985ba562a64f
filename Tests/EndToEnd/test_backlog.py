"""Cancelling all that a tenant has."""

import json
import uuid

from harness.batches import chat, chat_lines, create, wait
from harness.processes import eventually
from harness.settings import NARROW

JOBS = 1200  # more than one request cancels


def jobs(tenant, state):
    return [json.loads(each) for each in
            tenant.cli("jobs", "--state", state, "--limit", "5000", "--json").stdout.splitlines()]


def test_cancel_a_backlog(new_stack):
    stack = new_stack().up()
    tenant, other = stack.tenant(), stack.tenant()
    tag = uuid.uuid4().hex
    slow = chat(f"[simulate:latency=25000] [simulate:tag={tag}]", model=NARROW[0])
    running = tenant.web.post("/v1/jobs", {"body": slow}).json["id"]
    eventually(lambda: tenant.web.get(f"/v1/jobs/{running}").json["state"] == "running", "the first job runs")
    for number in range(JOBS):
        reply = tenant.web.post("/v1/jobs", {"body": chat("waits", model=NARROW[0])})
        assert reply.status == 202, reply
    theirs = other.web.post("/v1/jobs", {"body": chat("theirs", model=NARROW[0])}).json["id"]
    batch = create(tenant, chat_lines(300, prompt="[simulate:latency=20000]"))
    done = tenant.web.post("/v1/jobs", {"body": chat("quick")}).json["id"]
    assert tenant.web.get(f"/v1/jobs/{done}?wait=30").json["state"] == "succeeded"

    refused = tenant.cli("cancel", "--all")
    assert refused.returncode == 1 and "--yes" in refused.stderr
    said = tenant.cli("cancel", "--all", "--yes")
    assert said.returncode == 0, said.stderr
    assert said.stdout == f"{JOBS + 1:,} jobs and 1 batches were cancelled\n"

    assert wait(tenant, batch).status == "cancelled"
    assert len(jobs(tenant, "cancelled")) == JOBS + 1
    assert [each["id"] for each in jobs(tenant, "succeeded")] == [done]
    # The call in flight, of 25 s, was broken off, and the one place of the pool is free for others.
    eventually(lambda: other.web.get(f"/v1/jobs/{theirs}").json["state"] == "succeeded", "another's job runs", seconds=15)
    [attempt] = tenant.web.get(f"/v1/jobs/{running}/attempts").json["data"]
    assert attempt["outcome"] == "caller_cancelled" and attempt["duration_ms"] < 20_000
    assert stack.calls_tagged(tag) == 1
    again = tenant.web.post("/v1/jobs/cancel")
    assert again.json == {"object": "cancellation", "cancelled": 0, "batches_cancelling": 0, "has_more": False}


def test_admins_cancel_one_class_of_a_tenant(new_stack):
    stack = new_stack().up()
    tenant = stack.tenant()
    blocker = tenant.web.post("/v1/jobs", {"body": chat("[simulate:latency=8000]", model=NARROW[1]),
                                           "class": "interactive"}).json["id"]
    eventually(lambda: tenant.web.get(f"/v1/jobs/{blocker}").json["state"] == "running", "the blocker runs")
    kept, gone = [tenant.web.post("/v1/jobs", {"body": chat("x", model=NARROW[1]), "class": each}).json["id"]
                  for each in ["interactive", "batch"]]
    path = f"/v1/admin/tenants/{tenant.name}/cancel"
    assert tenant.web.post(path).status == 403
    assert stack.admin.post("/v1/admin/tenants/nobody/cancel").status == 404
    reply = stack.admin.post(path, {"class": "batch"})
    assert reply.json == {"object": "cancellation", "cancelled": 1, "batches_cancelling": 0, "has_more": False}
    assert tenant.web.get(f"/v1/jobs/{gone}").json["state"] == "cancelled"
    assert tenant.web.get(f"/v1/jobs/{kept}?wait=30").json["state"] == "succeeded"
