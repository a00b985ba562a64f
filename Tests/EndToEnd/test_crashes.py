"""kill -9 in the middle of work: everything ends exactly once, and soon."""

import os
import signal
import time

from harness.batches import assert_each_once, chat, chat_lines, create, wait, wait_for_progress
from harness.processes import children, eventually, is_alive
from harness.settings import NARROW

LINES = 2000
SLOW = {"simulator": {"latency_ms": 300}, "scheduler": {"feed_window_lines": 500}}
RECOVERY = 15  # seconds that architecture.md promises


def running_batch(stack):
    """A batch that is a good part of its way."""
    tenant, lines = stack.tenant(), chat_lines(LINES)
    batch = create(tenant, lines)
    wait_for_progress(tenant, batch, finished=300)
    return tenant, lines, batch


def assert_complete(stack, tenant, lines, batch):
    """The batch is complete, every line is answered once and paid for in the books."""
    done = wait(tenant, batch, seconds=120)
    assert done.status == "completed"
    output, errors = assert_each_once(tenant, done, lines)
    assert not errors and len(output) == LINES
    attempts = stack.ledger.attempts(batch=batch.id)
    assert len({row["job"] for row in attempts}) == LINES
    assert sum(row["outcome"] == "succeeded" for row in attempts) >= LINES
    return done


def test_kill_the_only_worker(new_stack):
    stack = new_stack(**SLOW).up()
    tenant, lines, batch = running_batch(stack)
    killed_at = time.time() * 1000
    stack.kill("worker")
    assert_complete(stack, tenant, lines, batch)
    again = [call["time_ms"] for call in stack.calls() if call["occurrence"] > 1]
    assert again, "the calls that the worker had in flight are made again"
    assert min(again) >= killed_at
    recovery = (min(again) - killed_at) / 1000
    print(f"first redelivered call {recovery:.1f} s after the kill, {len(again)} calls made again")
    assert recovery <= RECOVERY
    assert max(again) - killed_at <= 2 * RECOVERY * 1000, "none of them is forgotten for long"
    # What the dead worker had sent may have been billed: the books say unknown, not zero.
    unknown = stack.ledger.attempts(outcome="unknown")
    assert unknown and all(row["cost_nano"] is None for row in unknown)


def test_kill_the_only_scheduler(new_stack):
    stack = new_stack(**SLOW).up()
    tenant, lines, batch = running_batch(stack)
    stack.kill("scheduler")
    assert_complete(stack, tenant, lines, batch)
    assert stack.statistics()["repeated_calls"] == 0, "no call is made twice because a scheduler died"


def test_kill_intake_right_after_create(new_stack):
    stack = new_stack(**SLOW).up()
    tenant, lines = stack.tenant(), chat_lines(LINES)
    job = tenant.web.post("/v1/jobs", {"body": chat("accepted"), "durability": "ledger"})
    batch = create(tenant, lines)
    stack.kill("intake")
    assert job.status == 202
    eventually(lambda: stack.is_ready("intake"), "intake is up again")
    assert_complete(stack, tenant, lines, batch)
    assert tenant.web.get(f"/v1/jobs/{job.json['id']}?wait=30").json["state"] == "succeeded"


def test_kill_every_role_in_turn(new_stack):
    stack = new_stack(**SLOW).up()
    tenant, lines, batch = running_batch(stack)
    for role in ["worker", "scheduler", "intake"]:
        before = stack.kill(role)
        eventually(lambda: stack.pids(role) and stack.pids(role) != [before], f"{role} is started again")
    eventually(lambda: stack.is_ready("intake"), "intake is up again")
    assert_complete(stack, tenant, lines, batch)


def test_kill_the_supervisor(new_stack):
    stack = new_stack(**SLOW).up()
    tenant, lines, batch = running_batch(stack)
    pids = children(stack.supervisor.pid)
    assert len(pids) >= 4
    os.kill(stack.supervisor.pid, signal.SIGKILL)
    stack.supervisor.wait(10)
    eventually(lambda: not any(is_alive(pid) for pid in pids), "all children end with the supervisor", seconds=5)
    stack.up()
    assert_complete(stack, tenant, lines, batch)


def test_orderly_stop_and_start(new_stack):
    stack = new_stack(**SLOW).up()
    tenant, lines, batch = running_batch(stack)
    pids = children(stack.supervisor.pid)
    stack.supervisor.stop()
    assert stack.supervisor.popen.returncode == 0 and not any(is_alive(pid) for pid in pids)
    stack.up()
    assert_complete(stack, tenant, lines, batch)


def test_wiped_redis(new_stack):
    """What the ledger knows of survives; what only Redis knew of is told to be lost."""
    stack = new_stack(**SLOW).up()
    tenant = stack.tenant()
    lines = chat_lines(60, model=NARROW[0], prompt="[simulate:latency=150]")
    batch = create(tenant, lines)
    wait_for_progress(tenant, batch, finished=5)
    blocker = tenant.web.post("/v1/jobs", {"body": chat("[simulate:latency=4000]", model=NARROW[1])}).json
    eventually(lambda: tenant.web.get(f"/v1/jobs/{blocker['id']}").json["state"] == "running", "the blocker runs")
    kept = tenant.web.post("/v1/jobs", {"body": chat("kept", model=NARROW[1]), "durability": "ledger"}).json
    lost = tenant.web.post("/v1/jobs", {"body": chat("lost", model=NARROW[1])}).json
    assert (kept["durability"], lost["durability"]) == ("ledger", "redis")
    stack.redis.command("flushall")
    reply = eventually(lambda: (found := tenant.web.get(f"/v1/jobs/{lost['id']}")).status == 410 and found,
                       "the loss is told")
    assert reply.error["code"] == "lost_with_queue"
    done = eventually(lambda: (job := tenant.web.get(f"/v1/jobs/{kept['id']}?wait=5").json)["state"] == "succeeded" and job,
                      "the job that the ledger keeps succeeds", seconds=90)
    assert done["result"]["status_code"] == 200
    finished = wait(tenant, batch, seconds=120)
    assert finished.status == "completed"
    assert_each_once(tenant, finished, lines)


def test_restarted_redis(new_stack):
    """The append-only file brings back what waits."""
    stack = new_stack(**SLOW).up()
    tenant = stack.tenant()
    jobs = [tenant.web.post("/v1/jobs", {"body": chat("[simulate:latency=200]", model=NARROW[0])}).json["id"] for _ in range(20)]
    stack.redis.stop()
    stack.redis.start()
    for job in jobs:
        eventually(lambda: tenant.web.get(f"/v1/jobs/{job}?wait=5").json.get("state") == "succeeded", f"{job} succeeds", 60)
