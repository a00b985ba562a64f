"""Power loss under `everysec`, played by a SIGKILL after which what was written in the last second is cut off the
append-only file: batches and jobs with durability `ledger` survive, others may go as far as that second reaches."""

import time

from ..aof import AppendOnlyFile
from ..invariants import check_all
from ..scenario import Scenario
from ..world import World

WINDOW = 1.0


def run(context):
    size = context.size
    with World(context, worker={"slots": 16}) as world:
        world.fleet.start("worker", 2)
        file = AppendOnlyFile(world.redis.folder)
        batches = [world.work.make_batch(tenant, size.jobs // 6, size.latency) for tenant in world.work.tenants]
        jobs = world.work.make_jobs(size.jobs, size.latency)
        submission = world.work.hand_in(jobs, batches, rate=size.rate)
        # In the middle of what comes in.
        world.wait_for(lambda: len(world.work.accepted_jobs) >= size.jobs // 2, "half of the jobs are accepted", 120)
        died = time.time()
        world.redis.kill()
        gone, since = file.cut(died, WINDOW)
        world.redis.start()
        world.wait_for_submission(submission)
        settle(world, size.patience)
        window_ms = round((died - since) * 1000)
        ids = {row["id"] for row in world.ledger.jobs()}
        lost = [item for item in world.work.accepted_jobs if item.id not in ids and item.durability == "redis"]
        # Accepted before the window and gone all the same would be a broken promise.
        early = [item for item in lost if item.accepted_ms < since * 1000]
        late = [item for item in lost if item.asked_ms > died * 1000]
        world.lost_allowed = {item.id for item in lost if item not in early and item not in late}
        world.drain(seconds=size.patience)
        check_all(world)
        report = world.report
        accepted = sum(since * 1000 <= item.accepted_ms <= died * 1000 for item in world.work.accepted_jobs)
        report.note(window_ms=window_ms, bytes_cut=gone, single_jobs_lost_in_the_window=len(world.lost_allowed),
                    answers_for_lost=answers(world))
        report.at_least("bytes_cut", gone, 1)
        report.at_least("single_jobs_accepted_in_the_window", accepted, 10)
        report.equals("lost_outside_the_window", len(early) + len(late))


def settle(world, seconds):
    """Until nothing comes any more: what is lost never comes."""
    end, before = time.monotonic() + seconds, -1
    while time.monotonic() < end and (world.queue.leftovers() or world.ledger.count("accepted")):
        world.rest(0.5)
    while time.monotonic() < end and (count := world.ledger.count("jobs")) != before:
        before = count
        world.rest(3)


def answers(world):
    """What the API says about jobs that went with the tail."""
    count = {}
    for item in world.work.accepted_jobs:
        if item.id in world.lost_allowed:
            reply = item.tenant.client.request("GET", f"/v1/jobs/{item.id}", wanted=(200, 404, 410))
            kind = str(reply.status) if reply.status == 200 else f"{reply.status} {reply.error['code']}"
            count[kind] = count.get(kind, 0) + 1
    return count


SCENARIOS = [Scenario(
    "redis-tail", run,
    # More comes in than is worked off, so that there are jobs that only Redis knows of.
    short={"jobs": 800, "rate": 100, "latency": (200, 700), "patience": 60},
    long={"jobs": 6_000, "rate": 150, "latency": (200, 700), "patience": 240})]
