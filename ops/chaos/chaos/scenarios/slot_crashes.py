"""Workers that die while they hold slots: the slots come back within a lease, and the provider's limits hold meanwhile."""

import time

from ..invariants import check_all
from ..invariants.limits import most_at_once, worst_window
from ..report import percentile
from ..scenario import Scenario
from ..world import World

LEASE = 10
MODEL = "alpha-model"


def run(context):
    size = context.size
    limits = {"requests_per_minute": size.rpm, "max_concurrency": size.slots}
    with World(context, limits=limits, worker={"slots": size.slots // size.workers}) as world:
        work = world.work
        batches = [work.make_batch(tenant, size.jobs // 3, size.latency, models=(MODEL,)) for tenant in work.tenants]
        world.wait_for_submission(work.hand_in(batches=batches))
        crashes, frees = 0, []
        while crashes < size.kills and not world.is_done:
            world.fleet.start("worker", size.workers)
            world.rest(world.random.uniform(*size.work_seconds))
            crashes += kill_all(world)
            frees.append(seconds_until_free(world))
        # At the limit for more than a minute, with a crash now and then.
        world.fleet.start("worker", size.workers)
        end = time.monotonic() + size.at_limit_seconds
        while time.monotonic() < end and not world.is_done:
            world.rest(world.random.uniform(1, 4))
            victim = world.random.choice(world.fleet.of("worker"))
            crashes += bool(world.kill(victim))
            world.fleet.replace(victim)
        world.drain(seconds=size.patience)
        check_all(world)
        report, calls = world.report, world.calls.calls
        report.note(crashes=crashes, median_seconds_until_free=percentile(frees, 0.5))
        report.at_least("crashes", crashes, size.kills)
        report.at_most("seconds_until_slots_free", max(frees, default=None), LEASE)
        report.at_most("worst_minute", worst_window(calls), size.rpm)
        report.at_most("most_at_once", most_at_once(calls), size.slots)


def kill_all(world):
    """Workers that held a slot when they were killed, all at once."""
    victims = list(world.fleet.of("worker"))
    for victim in victims:
        victim.process.popen.kill()
    for victim in victims:
        world.fleet.kill(victim)
    return sum(bool(world.queue.held_by(victim.pid)) for victim in victims)


def seconds_until_free(world):
    began = time.monotonic()
    world.wait_for(lambda: world.queue.running() == 0, "all slots are free", 60)
    return round(time.monotonic() - began, 1)


SCENARIOS = [Scenario(
    "slot-crashes", run,
    short={"jobs": 1_500, "kills": 16, "workers": 8, "slots": 48, "rpm": 900, "latency": (800, 1800),
           "work_seconds": (3, 4), "at_limit_seconds": 65, "patience": 60},
    long={"jobs": 20_000, "kills": 1_000, "workers": 24, "slots": 96, "rpm": 3_600, "latency": (800, 1800),
          "work_seconds": (3, 4), "at_limit_seconds": 70, "patience": 300})]
