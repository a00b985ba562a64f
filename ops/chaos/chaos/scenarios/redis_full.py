"""Redis at `maxmemory`: new work is refused with a reason, and workers, started only now, empty it without help."""

import http.client

from ..calls import now_ms
from ..invariants import check_all
from ..scenario import Scenario
from ..world import World

ROOM = 6 << 20
WORDS = 1_200  # of a prompt: about 8 KB


def run(context):
    size = context.size
    with World(context, worker={"slots": 32}) as world:
        work = world.work
        work.hand_in(work.make_jobs(3))
        world.wait_for(lambda: len(work.accepted_jobs) == 3, "the first jobs are there")
        limit = world.redis.info("used_memory") + ROOM
        world.redis.command("config", "set", "maxmemory", limit)
        batch = work.make_batch(work.tenants[0], size.lines, size.latency)
        world.wait_for_submission(work.hand_in(batches=[batch]))
        refusals = fill(world, work.make_jobs(size.jobs, size.latency, durabilities=("redis",), words=WORDS), size.refusals)
        used = world.redis.info("used_memory")
        world.fleet.start("worker", 2)
        world.drain(seconds=size.patience)
        after = work.make_jobs(20, size.latency)
        world.wait_for_submission(work.hand_in(after))
        world.drain(seconds=60)
        check_all(world)
        report = world.report
        codes = {}
        for reply in refusals:
            kind = f"{reply.status} {reply.error['code']}"
            codes[kind] = codes.get(kind, 0) + 1
        report.note(refused_when_full=codes, maxmemory=limit, used_when_full=used)
        report.at_least("refused", len(refusals), size.refusals)
        report.equals("refusals_that_are_not_429_or_503", sum(reply.status not in (429, 503) for reply in refusals))
        report.equals("refusals_without_when_to_come_back", sum(
            not 1 <= int(reply.headers.get("retry-after", 0)) <= 60 for reply in refusals))
        report.equals("accepted_after_the_drain", sum(item.id is not None for item in after), len(after))


def fill(world, jobs, wanted):
    """Hands in, one after the other, until so many are refused; what is refused is not tried again."""
    refusals = []
    for item in jobs:
        client = item.tenant.client
        item.asked_ms = now_ms()
        try:
            reply = client.ask(client.urls[0], "POST", "/v1/jobs", {"body": item.body}, {"Idempotency-Key": item.key})
        except (OSError, http.client.HTTPException):
            client.forget(client.urls[0])
            raise
        if reply.status == 202:
            item.id, item.accepted_ms = reply.json["id"], now_ms()
        else:
            refusals.append(reply)
            if len(refusals) >= wanted:
                break
    return refusals


SCENARIOS = [Scenario(
    "redis-full", run,
    short={"jobs": 5_000, "lines": 300, "refusals": 20, "latency": (20, 80), "patience": 60},
    long={"jobs": 20_000, "lines": 20_000, "refusals": 200, "latency": (20, 80), "patience": 200})]
