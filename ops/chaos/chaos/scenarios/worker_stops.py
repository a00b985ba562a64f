"""SIGSTOP beyond the lease, then SIGCONT: the sleeper wakes up, is told that it lost, and its calls are in the books."""

import json

from ..invariants import check_all
from ..scenario import Scenario
from ..world import World

LEASE = 10


def run(context):
    size = context.size
    with World(context, worker={"calls_in_flight": 12}) as world:
        world.fleet.start("worker", 5)
        batches = [world.work.make_batch(tenant, size.jobs // 4, size.latency) for tenant in world.work.tenants]
        jobs = world.work.make_jobs(size.jobs // 4, size.latency)
        submission = world.work.hand_in(jobs, batches, rate=size.rate)
        world.wait_for_calls(60)
        stops, held = 0, []
        while stops < size.kills and not world.is_done:
            sleepers = world.random.sample(world.fleet.of("worker"), min(2, size.kills - stops))
            for sleeper in sleepers:
                world.fleet.freeze(sleeper)
            world.rest(0.2)
            held += [lease for sleeper in sleepers for lease in world.queue.held_by(sleeper.pid)]
            stops += len(sleepers)
            world.rest(LEASE + world.random.uniform(2.5, 5))
            world.snapshot()
            for sleeper in sleepers:
                world.fleet.thaw(sleeper)
            world.rest(1)
        world.drain(submission, seconds=size.patience)
        facts = check_all(world)
        report = world.report
        told = lost_leases(world)
        booked = {row["id"] for row in facts.attempts}
        again = sum(len(facts.calls.get(facts.keys.get(lease.job), [])) > 1 for lease in held)
        report.note(stops=stops, leases_of_stopped=len(held), called_again=again)
        report.equals("stops", stops, size.kills)
        report.at_least("leases_of_stopped", len(held), stops)
        report.equals("losers_not_told", sum(lease.token not in told for lease in held))
        report.equals("first_attempts_not_booked", sum(lease.token not in booked for lease in held))


def lost_leases(world):
    """Attempts whose worker learned that the lease was gone, by the workers' logs."""
    found = set()
    for log in world.fleet.logs("worker"):
        for line in log.read_text().split("\n"):
            if "lease was lost" in line:
                entry = json.loads(line)
                found.update(str(value) for value in flat(entry))
    return found


def flat(entry):
    for value in entry.values():
        yield from flat(value) if isinstance(value, dict) else [value]


SCENARIOS = [Scenario(
    "worker-stops", run,
    short={"jobs": 2_500, "kills": 4, "rate": 60, "latency": (200, 800), "patience": 60},
    long={"jobs": 30_000, "kills": 50, "rate": 40, "latency": (300, 1200), "patience": 120})]
