"""As many workers as the work needs: woken by a job, shared by fleets, replaced when killed, drained when too many."""

import os
import re
import signal
import time

import pytest

from harness.batches import chat
from harness.processes import arguments_of, children, eventually, is_alive
from harness.settings import pool, pool_name
from harness.stack import FLEET, Stack, children_of
from harness.web import Web

MOST, SLOTS = 4, 4
WAKE_MS = 2_000  # from a job's creation to its call, where there is no worker yet
RESTORED = 10  # seconds until killed workers are replaced
LIMITED = "limited-model"
PER_MINUTE = 60
# Small numbers, so that little work moves the count, and soon.
SCALED = {"min": 0, "max": MOST, "max_per_machine": MOST, "slots": SLOTS, "scale_down_seconds": 1,
          "drain_target_seconds": 2}


@pytest.fixture(scope="module")
def scaled(tmp_path_factory):
    """From no worker to four, and a pool whose provider grants one call a second. Each test leaves it at rest."""
    stack = Stack(tmp_path_factory.mktemp("scaled"), worker=SCALED)
    limited = pool(LIMITED, stack.simulator_port, SLOTS)
    limited["limit_groups"][f"{LIMITED}-limits"]["requests_per_minute"] = PER_MINUTE
    stack.changed("settings.yaml", pools={pool_name(LIMITED): limited}, routes={LIMITED: pool_name(LIMITED)})
    try:
        stack.up()
        # The first scheduler of all looks around for a moment before it plans.
        eventually(lambda: the_set(stack)["desired"] == 0, "the first plan is made")
        yield stack
    finally:
        stack.stop()


# What is looked at


def fleet_of(stack):
    return stack.admin.get("/v1/admin/fleet").json


def the_set(stack):
    """The only set of workers: all of them serve all pools."""
    [found] = fleet_of(stack)["sets"]
    assert found["id"] == "*"
    return found


def metric(stack, offset, name, labels=""):
    """The sum of a metric over all series with these labels."""
    text = Web(f"http://127.0.0.1:{stack.operations_port + offset}").get("/metrics").body.decode()
    values = re.findall(rf"^{name}(?:{{[^}}]*{labels}[^}}]*}})? (\S+)$", text, re.MULTILINE)
    assert values, f"no {name} in\n{text}"
    return sum(map(float, values))


def workers(stack, count, seconds=RESTORED):
    """Waits until so many workers live; their pids."""
    found = lambda: len(pids := stack.pids("worker")) == count and (pids or True)  # noqa: E731
    return eventually(found, f"{count} workers", seconds)


def at_work(stack):
    """Living workers under the stack's supervisor that say they take jobs; of the dead somebody may still speak."""
    return {each["pid"] for each in fleet_of(stack)["workers"] if each["state"] == "ready"} & set(stack.pids("worker"))


def at_rest(stack):
    """No worker lives, and nobody speaks of one that did."""
    workers(stack, 0, seconds=30)
    eventually(lambda: not fleet_of(stack)["workers"], "nobody remembers a worker", seconds=15)


# Work


def hand_in(tenant, prompts, model="gpt-4o-mini"):
    """Jobs, made in one request; their ids."""
    made = tenant.web.post("/v1/jobs/bulk", {"jobs": [{"body": chat(prompt, model)} for prompt in prompts]})
    assert made.status == 200 and all(each["job"] for each in made.json["data"]), made
    return [each["job"]["id"] for each in made.json["data"]]


def all_succeed(tenant, jobs, seconds=60):
    """Waits until the ledger has an answer to each of these jobs, one row each."""
    ended = lambda: tenant.stack.ledger.jobs(tenant=tenant.name)  # noqa: E731
    rows = eventually(lambda: len(rows := ended()) >= len(jobs) and rows, f"{len(jobs)} jobs end", seconds, pause=0.2)
    assert sorted(row["id"] for row in rows) == sorted(jobs), "each once"
    assert {row["state"] for row in rows} == {"succeeded"}


class Repeated:
    """Calls that were made again since it was made."""

    def __init__(self, stack):
        self.stack, self.before = stack, stack.statistics()["repeated_calls"]

    def count(self):
        return self.stack.statistics()["repeated_calls"] - self.before


def kill_machine(process):
    """SIGKILL to a fleet and whatever it runs: the machine is gone."""
    pids = [process.pid, *children(process.pid)]
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # a child ends with its fleet
    process.wait(10)
    eventually(lambda: not any(is_alive(pid) for pid in pids), "all its processes are gone", seconds=5)


# The tests


@pytest.mark.parametrize("times", [10, pytest.param(50, marks=[pytest.mark.large, pytest.mark.repeated])])
def test_one_job_wakes_a_fleet_of_none(scaled, times):
    tenant, waits = scaled.tenant(), []
    for number in range(times):
        workers(scaled, 0, seconds=30)
        tag, began = f"wake-{times}-{number}", time.time() * 1000
        hand_in(tenant, [f"[simulate:tag={tag}]"])
        eventually(lambda: scaled.calls_tagged(tag), "it is called", pause=0.01)
        waits.append(next(call["time_ms"] for call in reversed(scaled.calls()) if call["tag"] == tag) - began)
    waits.sort()
    print(f"from no worker to the call, {times} times: median {waits[times // 2]:.0f} ms, slowest {waits[-1]:.0f} ms")
    # Of so few the 99th percentile is the slowest.
    assert waits[-1] <= WAKE_MS, waits
    at_rest(scaled)
    assert the_set(scaled)["desired"] == 0


def test_a_limit_is_no_reason_for_more_workers(scaled):
    """A backlog of minutes that only the provider could shorten keeps one worker, and says why."""
    tenant = scaled.tenant()
    hand_in(tenant, [f"limited {number}" for number in range(400)], model=LIMITED)
    eventually(lambda: the_set(scaled)["reason"] == "rate_limited", "the limit is named")
    looks = []
    while len(looks) < 6:
        look = the_set(scaled)
        if not looks or look["planned_at"] > looks[-1]["planned_at"]:
            looks.append(look)
        time.sleep(0.2)
    assert {(look["desired"], look["reason"]) for look in looks} == {(1, "rate_limited")}, looks
    [demand] = [each for each in looks[-1]["inputs"]["pools"] if each["id"] == pool_name(LIMITED)]
    assert demand["runnable"] > 300 and demand["wanted_per_second"] > 100, demand
    assert demand["granted_per_second"] <= 1.01, demand
    limit = demand["limit"]
    assert (limit["group"], limit["dimension"], limit["limit"]) == (f"{LIMITED}-limits", "requests", PER_MINUTE)
    assert f"{PER_MINUTE} requests/min are used" in looks[-1]["explanation"]
    assert metric(scaled, 10, "penstock_workers_desired", 'reason="rate_limited"') == 1
    assert metric(scaled, 10, "penstock_workers_desired") == 1, "the sum over all reasons is the count"
    assert len(scaled.pids("worker")) == 1
    while tenant.web.post("/v1/jobs/cancel", {}).json["has_more"]:
        pass
    at_rest(scaled)


def test_scaling_down_waits_for_the_last_call(scaled):
    """Workers that are too many finish calls that take longer than `worker.drain_seconds`."""
    tenant, repeated = scaled.tenant(), Repeated(scaled)
    assert scaled.settings["worker"]["drain_seconds"] < 8
    # The long ones come when all four workers are there, so that each has some.
    prompts = [f"[simulate:latency={8_000 if number > 80 and number % 10 == 0 else 400}]" for number in range(160)]
    jobs = hand_in(tenant, prompts)
    most = workers(scaled, MOST)
    busy = eventually(lambda: [each for each in fleet_of(scaled)["workers"]
                               if each["state"] == "draining" and each["slots_in_use"]], "a busy worker is told to end")
    assert {each["pid"] for each in busy} < set(most)
    assert the_set(scaled)["desired"] < MOST
    all_succeed(tenant, jobs)
    assert repeated.count() == 0, "nobody's call was broken off"
    at_rest(scaled)
    assert metric(scaled, FLEET, "penstock_fleet_worker_crashes_total") == 0


def test_without_redis_the_count_is_held(scaled):
    tenant, repeated = scaled.tenant(), Repeated(scaled)
    jobs = hand_in(tenant, [f"[simulate:latency=5000] {number}" for number in range(2 * SLOTS)])
    # While nobody knew how long they take, more were started than they need.
    eventually(lambda: the_set(scaled)["slots_in_use"] == 2 * SLOTS, "all calls run", seconds=10)
    redis = scaled.redis.process.popen
    redis.send_signal(signal.SIGSTOP)
    try:
        before = scaled.pids("worker")
        eventually(lambda: metric(scaled, FLEET, "penstock_autoscaler_blind") == 1, "the fleet is blind", seconds=20)
        eventually(lambda: metric(scaled, 10, "penstock_autoscaler_blind") == 1, "the scheduler is blind", seconds=20)
        # Several times what it takes to go down, and until the calls have ended.
        end = time.monotonic() + 6
        while time.monotonic() < end:
            assert scaled.pids("worker") == before
            time.sleep(0.2)
    finally:
        redis.send_signal(signal.SIGCONT)
    for offset in [FLEET, 10]:
        eventually(lambda: metric(scaled, offset, "penstock_autoscaler_blind") == 0, "it sees again", seconds=20)
    all_succeed(tenant, jobs)
    assert repeated.count() == 0
    at_rest(scaled)


def test_two_fleets_run_the_wish_together(scaled):
    tenant, repeated = scaled.tenant(), Repeated(scaled)
    other, operations = scaled.start_fleet()
    jobs = hand_in(tenant, [f"[simulate:latency=500] {number}" for number in range(600)])
    both = lambda: [len(scaled.pids("worker")), len(children_of(other, "worker"))]  # noqa: E731
    eventually(lambda: the_set(scaled)["desired"] == MOST, "all are wanted")
    seen = [eventually(lambda: sum(counts := both()) >= MOST and counts, "all are there", RESTORED)]
    end = time.monotonic() + 4
    while time.monotonic() < end:
        seen.append(both())
        time.sleep(0.1)
    assert all(counts == [MOST // 2, MOST // 2] for counts in seen), seen
    assert [each["share"] for each in fleet_of(scaled)["fleets"]] == [MOST // 2, MOST // 2]
    assert metric(scaled, operations + FLEET - scaled.operations_port, "penstock_fleet_workers") == MOST // 2
    kill_machine(other)
    scaled.others.remove(other)
    began = time.monotonic()
    eventually(lambda: len(at_work(scaled)) == MOST, "its share is taken over", RESTORED)
    print(f"its share was taken over {time.monotonic() - began:.1f} s after the kill")
    all_succeed(tenant, jobs)
    assert repeated.count() <= MOST // 2 * SLOTS, "no call but those that the killed workers made"
    at_rest(scaled)


def test_killed_workers_are_replaced(scaled):
    tenant, repeated, waits = scaled.tenant(), Repeated(scaled), []
    jobs = hand_in(tenant, [f"[simulate:latency=500] {number}" for number in range(500)])
    eventually(lambda: len(at_work(scaled)) == MOST, "all are at work")
    for _ in range(4):
        victim, *others = scaled.pids("worker")
        os.kill(victim, signal.SIGKILL)
        began = time.monotonic()
        restored = eventually(lambda: len(now := at_work(scaled)) == MOST and now, "it is replaced", RESTORED)
        waits.append(time.monotonic() - began)
        assert set(others) < restored, "the others go on"
    print(f"replaced and at work after {max(waits):.1f} s at most")
    kill_machine(scaled.supervisor)
    scaled.up()
    began = time.monotonic()
    eventually(lambda: len(at_work(scaled)) == MOST, "all are there again", RESTORED)
    print(f"all four at work {time.monotonic() - began:.1f} s after their fleet")
    all_succeed(tenant, jobs, seconds=90)
    assert repeated.count() <= 4 * SLOTS + MOST * SLOTS, "no call but those that the killed workers made"
    at_rest(scaled)


def test_a_set_of_workers_per_pool(new_stack):
    stack = new_stack(worker={**SCALED, "max": 1, "sets": "per_pool"}).up()
    tenant = stack.tenant()
    jobs = hand_in(tenant, ["[simulate:latency=1500]"])
    [pid] = workers(stack, 1)
    assert arguments_of(pid)[-2:] == ["--pool", pool_name("gpt-4o-mini")]
    told = eventually(lambda: fleet_of(stack)["workers"], "it tells of itself")
    assert [(each["pid"], each["set"]) for each in told] == [(pid, pool_name("gpt-4o-mini"))]
    wanted = {each["id"]: each["desired"] for each in fleet_of(stack)["sets"]}
    assert set(wanted) == set(stack.settings["pools"])
    assert [id for id, count in wanted.items() if count] == [pool_name("gpt-4o-mini")]
    all_succeed(tenant, jobs)
    at_rest(stack)


def test_a_worker_of_one_pool(new_stack):
    """`penstockd worker --pool`, without any fleet."""
    stack = new_stack()
    stack.start("simulator")
    stack.start("intake", environment={"PENSTOCK_INTAKE_PORT": str(stack.port)})
    stack.start("scheduler")
    tenant = stack.tenant()
    [other] = hand_in(tenant, ["not this one"], model="gpt-4o-mini")
    [own] = hand_in(tenant, ["this one"], model="gpt-4o")
    stack.start("worker", arguments=["--pool", pool_name("gpt-4o")])
    state = lambda job, wait=0: tenant.web.get(f"/v1/jobs/{job}?wait={wait}").json  # noqa: E731
    assert state(own, wait=20)["state"] == "succeeded"
    assert (state(other, wait=2)["state"], state(other)["waiting_for"]) == ("waiting", "no_worker")
    stack.start("worker")
    assert state(other, wait=20)["state"] == "succeeded"


def test_a_worker_of_a_pool_that_does_not_exist(scaled):
    done = scaled.penstockd("worker", "--settings", scaled.settings_file, "--pool", "no-such-pool", check=False)
    assert done.returncode == 78, done
    assert "no-such-pool" in done.stderr and pool_name("gpt-4o") in done.stderr, "it says which there are"


@pytest.mark.parametrize("setting", ["processes", "calls_in_flight"])
def test_settings_of_old_are_refused(scaled, setting):
    file = scaled.changed("old.yaml", worker={setting: 2})
    for command in ["up", "fleet", "worker", "check"]:
        done = scaled.penstockd(command, "--settings", file, check=False)
        assert done.returncode == 78 and f"worker.{setting}" in done.stderr, done
        assert "worker.min" in done.stderr and "worker.slots" in done.stderr, "it says which there are"
