"""Workers that fall silent for longer than the lease and come back, stopped by SIGSTOP or cut off from Redis: they are
told that they lost, and their calls are in the books."""

import json

from ..invariants import check_all
from ..proxy import Proxy
from ..scenario import Scenario
from ..world import World

LEASE = 10


class Frozen:
    """SIGSTOP and SIGCONT."""

    def __init__(self, world):
        self.world = world

    def start(self):
        [worker] = self.world.fleet.start("worker")
        return worker

    def silence(self, worker):
        self.world.fleet.freeze(worker)

    def wake(self, worker):
        self.world.fleet.thaw(worker)


class CutOff:
    """No way to Redis; provider and ledger are still there, so calls go on to their end."""

    def __init__(self, world):
        self.world, self.ways = world, {}

    def start(self):
        way = Proxy(self.world.redis.port)
        self.world.parts.append(way)
        settings = self.world.stack.changed(f"way-{way.port}.yaml", redis={"url": f"redis://127.0.0.1:{way.port}/0"})
        [worker] = self.world.fleet.start("worker", settings_file=settings)
        self.ways[worker.pid] = way
        return worker

    def silence(self, worker):
        self.ways[worker.pid].cut()

    def wake(self, worker):
        self.ways[worker.pid].mend()


def run(context, kind):
    size = context.size
    with World(context, worker={"slots": 12}) as world:
        trouble = kind(world)
        workers = [trouble.start() for _ in range(5)]
        batches = [world.work.make_batch(tenant, size.lines // 3, size.latency) for tenant in world.work.tenants]
        jobs = world.work.make_jobs(size.jobs, size.single_latency)
        submission = world.work.hand_in(jobs, batches, rate=size.rate)
        world.wait_for_calls(60)
        stops, held = 0, []
        while stops < size.kills and not world.is_done:
            sleepers = world.random.sample(workers, min(2, size.kills - stops))
            for sleeper in sleepers:
                trouble.silence(sleeper)
            world.rest(0.2)
            held += [lease for sleeper in sleepers for lease in world.queue.held_by(sleeper.pid)]
            stops += len(sleepers)
            world.rest(LEASE + world.random.uniform(2.5, 5))
            world.snapshot()
            for sleeper in sleepers:
                trouble.wake(sleeper)
            world.rest(size.awake)
        world.drain(submission, seconds=size.patience)
        facts = check_all(world)
        report = world.report
        told = lost_leases(world)
        booked = {row["id"] for row in facts.attempts}
        # The others had their end, or their worker was back before anybody looked.
        # Of a take whose reply came after the silence no call was begun: nobody knows of it, its row is whoever found it's.
        begun = {row["id"]: row["started_ms"] for row in facts.attempts if row["outcome"] != "unknown"}
        last = {}
        for row in facts.attempts:
            last[row["job"]] = max(last.get(row["job"], 0), row["started_ms"])
        taken_over = [lease for lease in held if last.get(lease.job, 0) > begun.get(lease.token, float("inf"))]
        report.note(stops=stops, leases_of_stopped=len(held))
        report.equals("stops", stops, size.kills)
        report.at_least("leases_taken_over", len(taken_over), stops)
        report.equals("losers_not_told", sum(lease.token not in told for lease in taken_over))
        report.equals("first_attempts_not_booked", sum(lease.token not in booked for lease in held))


def lost_leases(world):
    """Attempts whose worker learned that the lease was gone, by the workers' logs."""
    found = set()
    for log in world.fleet.logs("worker"):
        for line in log.read_text().split("\n"):
            if "lease was lost" in line:
                found.update(str(value) for value in flat(json.loads(line)))
    return found


def flat(entry):
    for value in entry.values():
        yield from flat(value) if isinstance(value, dict) else [value]


SHORT = {"kills": 4, "latency": (200, 800), "patience": 60}
LONG = {"kills": 50, "latency": (300, 1200), "patience": 120}
# Longer than the lease: what is cut off is called again elsewhere before its first call ends.
BEYOND = (11_000, 16_000)
SCENARIOS = [
    Scenario("worker-stops", lambda context: run(context, Frozen),
             {**SHORT, "lines": 1_800, "jobs": 600, "rate": 60, "single_latency": (200, 800), "awake": 1},
             {**LONG, "lines": 14_000, "jobs": 4_000, "rate": 12, "single_latency": (300, 1200), "awake": 1}),
    # To find Redis again takes a moment.
    Scenario("worker-cut-off", lambda context: run(context, CutOff),
             {**SHORT, "lines": 1_500, "jobs": 80, "rate": 4, "single_latency": BEYOND, "awake": 6},
             {**LONG, "lines": 22_000, "jobs": 1_200, "rate": 2, "single_latency": BEYOND, "awake": 6}),
]
