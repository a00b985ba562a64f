"""SIGTERM to one process after the other under load, calls shorter than the grace: nobody notices."""

import time

from ..invariants import check_all
from ..scenario import Scenario
from ..world import World

ORDER = ["worker", "scheduler", "worker", "intake", "worker", "courier"]


def run(context):
    size = context.size
    with World(context, intakes=2, schedulers=2, webhooks=True,
               worker={"slots": 32, "drain_seconds": 30}) as world:
        world.fleet.start("worker", 3)
        work = world.work
        batches = [work.make_batch(tenant, size.jobs // 6, size.latency, webhook=world.own_webhook)
                   for tenant in work.tenants]
        jobs = work.make_jobs(size.jobs // 2, size.latency, webhook=world.own_webhook)
        submission = work.hand_in(jobs, batches, rate=size.rate)
        world.wait_for_calls(60)
        codes, roles, longest = [], {}, 0
        while len(codes) < size.kills and not world.is_done:
            role = ORDER[len(codes) % len(ORDER)]
            code, seconds = restart(world, role)
            codes.append(code)
            longest = max(longest, seconds)
            roles[role] = roles.get(role, 0) + 1
            world.rest(world.random.uniform(0.2, 1.0))
        world.drain(submission, seconds=size.patience)
        check_all(world)
        report = world.report
        report.note(restarts=roles, longest_stop_seconds=longest)
        report.equals("restarts", len(codes), size.kills)
        report.equals("stops_with_an_error", sum(code != 0 for code in codes))
        report.equals("repeated_calls", world.calls.repeated())


def restart(world, role):
    """The exit code of the old process, and how long it took to end."""
    [victim, *_] = world.fleet.of(role)
    began = time.monotonic()
    code = world.fleet.terminate(victim)
    seconds = round(time.monotonic() - began, 1)
    world.fleet.replace(victim, wait=True)
    return code, seconds


SCENARIOS = [Scenario(
    "rolling-restarts", run,
    short={"jobs": 1_500, "kills": 6, "rate": 50, "latency": (200, 1500), "patience": 60},
    long={"jobs": 12_000, "kills": 30, "rate": 50, "latency": (200, 2500), "patience": 120})]
