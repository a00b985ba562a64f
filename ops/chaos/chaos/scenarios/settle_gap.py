"""A worker dies between its rows in the ledger and the settlement in Redis: the job is not called again, not told again.

No hook in the product: the worker's way to Redis leads through a proxy that holds the first settlement back, and the
worker is killed once the row is there."""

import threading

from ..invariants import check_all
from ..proxy import Proxy
from ..scenario import Scenario
from ..world import World

# How a settlement that ends a job ends: Sources/Queue/SettlementCodec.swift.
DONE = b"$4\r\ndone\r\n"


class Gap:
    """Lets everything pass until it is closed; then the first settlement and what follows it stay here."""

    def __init__(self, redis_port):
        self.proxy, self.caught = Proxy(redis_port, self.look), threading.Event()
        self.is_closed = False

    def look(self, connection, data):
        if self.is_closed and DONE in data:
            self.caught.set()
            return False
        return True


def run(context):
    size = context.size
    with World(context, webhooks=True, worker={"slots": 8}) as world:
        work = world.work
        jobs = work.make_jobs(size.jobs // 2, size.latency, webhook=world.own_webhook)
        batches = [work.make_batch(tenant, size.jobs // 6, size.latency) for tenant in work.tenants]
        submission = work.hand_in(jobs, batches, rate=size.rate)
        # One that nobody kills, to bring back what the others held.
        world.fleet.start("worker")
        hit, kills, held = [], 0, 0
        while kills < size.kills and not world.is_done:
            caught, leases = kill_in_gap(world)
            kills += bool(caught)
            hit += caught
            held += leases
        world.drain(submission, seconds=size.patience)
        facts = check_all(world)
        report = world.report
        attempts = {}
        for row in facts.attempts:
            attempts.setdefault(row["job"], []).append(row)
        report.note(kills_between=kills, jobs_between=len(hit))
        report.equals("kills_between", kills, size.kills)
        report.at_most("repeated_calls", world.calls.repeated(), held - len(hit))
        report.at_least("jobs_between", len(hit), kills)
        report.equals("called_again", sum(len(facts.calls.get(facts.keys[job], [])) != before for job, before in hit))
        report.equals("not_one_row_per_attempt", sum(len(attempts.get(job, [])) != before for job, before in hit))


def kill_in_gap(world):
    """Jobs that had their row and were not settled when their worker was killed, with the calls they had had; and the
    number of all leases that it held."""
    gap = Gap(world.redis.port)
    changed = world.stack.changed(f"gap-{world.fleet.number}.yaml", redis={"url": f"redis://127.0.0.1:{gap.proxy.port}/0"})
    [victim] = world.fleet.start("worker", settings_file=changed, wait=False)
    try:
        world.wait_for(lambda: world.queue.held_by(victim.pid) or world.is_done, "the worker has work", 60)
        gap.is_closed = True
        if not gap.caught.wait(5):
            return [], len(world.kill(victim))
        # Others that end meanwhile stay in the gap, too.
        world.rest(world.random.uniform(0, 0.1))
        held = world.kill(victim)
        world.calls.read()
        rows, calls, keys = {row["id"] for row in world.ledger.jobs()}, world.calls.by_key(), world.work.keys_by_id()
        caught = [(lease.job, len(calls.get(keys.get(lease.job), []))) for lease in held if lease.job in rows]
        return caught, len(held)
    finally:
        if victim in world.fleet.members:
            world.fleet.kill(victim)
        gap.proxy.stop()


SCENARIOS = [Scenario(
    "settle-gap", run,
    short={"jobs": 1_200, "kills": 10, "rate": 60, "latency": (50, 250), "patience": 60},
    long={"jobs": 16_000, "kills": 200, "rate": 30, "latency": (50, 250), "patience": 180})]
