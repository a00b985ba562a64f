"""A job that workers die of is quarantined, seen, and run again as a new job."""

import json
import os
import signal

from harness.batches import chat, chat_lines, create, results, wait
from harness.processes import arguments_of, children, eventually

LATENCY = 400  # ms; times the factor it outlasts the kills
LEASE = {"worker": {"lease_seconds": 3}, "simulator": {"latency_ms": LATENCY}}


def state(tenant, job):
    return tenant.web.get(f"/v1/jobs/{job}").json


def kill_processes_of_suspects(stack):
    """Kills whoever makes calls apart."""
    for worker in stack.pids("worker"):
        for pid in children(worker):
            if "call" in arguments_of(pid)[1:2]:
                os.kill(pid, signal.SIGKILL)


def ends_while_suspects_die(stack, tenant, job):
    """The job once it has failed, whoever makes its call being killed until then."""
    def failed():
        kill_processes_of_suspects(stack)
        found = state(tenant, job)
        return found if found["state"] == "failed" else None
    return eventually(failed, "the job is quarantined", seconds=90)


def test_quarantine_and_requeue(new_stack):
    stack = new_stack(**LEASE).up()
    tenant, other = stack.tenant(), stack.tenant()
    stack.control_simulator(latency_factor=60)
    job = tenant.web.post("/v1/jobs", {"body": chat("poison"), "tags": {"feature": "f"}, "deadline": "2h",
                                       "class": "interactive"}).json["id"]
    lines = chat_lines(1)
    batch = create(tenant, lines)
    for calls in [2, 4]:
        eventually(lambda: stack.statistics()["calls"] >= calls, "both are being called", seconds=60)
        stack.kill("worker")
        eventually(lambda: stack.pids("worker"), "the worker is started again")
    # Suspects share a process, with fewer others the more of them died: in the end each is alone.
    ended = ends_while_suspects_die(stack, tenant, job)
    ends_while_suspects_die(stack, tenant, f"{batch.id.replace('batch_', 'batch_req_')}_1")
    assert ended["error"]["code"] == "penstock_poison" and ended["requeued_as"] is None
    _, [error] = results(tenant, wait(tenant, batch))
    line = error["id"]

    listed = [json.loads(each) for each in tenant.cli("jobs", "--quarantined", "--json").stdout.splitlines()]
    assert {each["id"] for each in listed} == {job, line}
    assert other.cli("jobs", "--quarantined", "--json").stdout == ""
    assert other.web.post(f"/v1/jobs/{job}/requeue").status == 404

    stack.control_simulator(latency_factor=1)
    done = tenant.cli("requeue", job, line)
    assert done.returncode == 0, done.stderr
    made = [each.split()[-1] for each in done.stdout.splitlines()]
    for new in made:
        ended = tenant.web.get(f"/v1/jobs/{new}?wait=30").json
        assert ended["state"] == "succeeded", ended
    first = state(tenant, made[0])
    assert (first["tags"], first["class"]) == ({"feature": "f"}, "interactive")
    assert first["deadline_at"] - first["created_at"] == 7200
    assert state(tenant, job)["requeued_as"] == made[0] and state(tenant, job)["state"] == "failed"
    # Again is fine and makes no second one.
    assert tenant.cli("requeue", job, line).stdout == done.stdout
    refused = tenant.web.post(f"/v1/jobs/{made[0]}/requeue")
    assert refused.status == 409 and refused.error["code"] == "job_not_quarantined"
    assert refused.headers["x-should-retry"] == "false"
