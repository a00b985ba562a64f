"""What is older than its tenant keeps it is gone from API and ledger, nothing younger is; the books stay."""

import pathlib

import pytest

from harness.batches import chat, create, line, wait
from harness.processes import eventually
from harness.receiver import Receiver
from harness.settings import ANTHROPIC

# Runs a program on a clock that is ahead; Debian's package libfaketime.
[FAKETIME] = pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
IN_TWO_DAYS = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": "+2d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.stop()


def make(tenant, receiver):
    """One ended thing of each kind: the paths under which they are."""
    tenant.sdk.webhooks.create(name="ci", url=receiver.url, event_types=["batch.completed", "job.succeeded"])
    batch = wait(tenant, create(tenant, [line("good", chat("hello")), line("bad", chat("[simulate:400]"))]))
    job = tenant.web.post("/v1/jobs", {"body": chat("hello")}).json["id"]
    assert tenant.web.get(f"/v1/jobs/{job}?wait=30").json["state"] == "succeeded"
    response = tenant.sdk.responses.create(model="gpt-4o-mini", input="hello", background=True).id
    messages = tenant.web.post("/v1/messages/batches", {"requests": [{"custom_id": "a", "params": {
        **chat("hello", model=ANTHROPIC[0]), "max_tokens": 9}}]}).json["id"]
    paths = [f"/v1/batches/{batch.id}", f"/v1/jobs/{job}", f"/v1/responses/{response}", f"/v1/messages/batches/{messages}"]
    eventually(lambda: all(is_ended(tenant.web.get(path).json) for path in paths), "all has ended")
    eventually(lambda: sum(each["state"] == "delivered" for each in deliveries(tenant)) >= 2, "webhooks are delivered")
    paths += [f"/v1/webhook_deliveries/{each['id']}" for each in deliveries(tenant)]
    return paths + [f"/v1/files/{file}" for file in [batch.input_file_id, batch.output_file_id, batch.error_file_id]]


def is_ended(found):
    state = found.get("processing_status") or found.get("state") or found["status"]
    return state in ("completed", "succeeded", "ended")


def deliveries(tenant):
    return tenant.web.get("/v1/webhook_deliveries").json["data"]


def statuses(tenant, paths):
    return {tenant.web.get(path).status for path in paths}


def test_what_is_kept_no_longer_goes(new_stack, receiver):
    stack = new_stack().up()
    brief, patient = stack.tenant(), stack.tenant()
    assert stack.admin.put(f"/v1/admin/tenants/{brief.name}", {"retention_days": 1}).status == 200
    paths = {tenant: make(tenant, receiver) for tenant in (brief, patient)}
    assert [statuses(tenant, paths[tenant]) for tenant in paths] == [{200}, {200}]
    cost = brief.web.get("/v1/costs?group_by=model").json
    stack.start("scheduler", environment=IN_TWO_DAYS)
    eventually(lambda: statuses(brief, paths[brief]) == {404}, "old things are gone", seconds=100)
    assert statuses(patient, paths[patient]) == {200}
    for path in ["files", "batches", "jobs", "messages/batches", "webhook_deliveries"]:
        assert brief.web.get(f"/v1/{path}").json["data"] == [], path
        assert patient.web.get(f"/v1/{path}").json["data"], path
    assert stack.ledger.jobs(tenant=brief.name) == [] and stack.ledger.deliveries(tenant=brief.name) == []
    # A batch of two lines, one of one, a job and a response.
    assert len(stack.ledger.jobs(tenant=patient.name)) == 5 == len(stack.ledger.attempts(tenant=brief.name))
    assert brief.web.get("/v1/costs?group_by=model").json == cost
