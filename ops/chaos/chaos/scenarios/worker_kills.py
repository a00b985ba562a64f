"""Random SIGKILLs of workers: nothing lost, nothing decided twice, every call in the books, back within 15 s."""

from ..calls import now_ms
from ..invariants import check_all
from ..report import percentile
from ..scenario import Scenario
from ..world import World

REDELIVERY_MS = 15_000


def run(context):
    size = context.size
    with World(context, worker={"slots": size.in_flight // size.workers}) as world:
        world.fleet.start("worker", size.workers)
        lines = (size.jobs - size.jobs // 5) // 3
        batches = [world.work.make_batch(tenant, lines, size.latency) for tenant in world.work.tenants]
        jobs = world.work.make_jobs(size.jobs - 3 * lines, size.latency)
        submission = world.work.hand_in(jobs, batches, rate=size.rate)
        world.wait_for_calls(size.in_flight)
        kills = kill_often(world, size)
        world.drain(submission, seconds=size.patience)
        facts = check_all(world)
        held = [(moment, lease) for moment, leases in kills for lease in leases]
        # What had its terminal row when its worker died is settled, not called.
        waits = [wait for moment, lease in held if (wait := redelivery(facts, moment, lease.job)) is not None]
        report = world.report
        report.note(kills=len(kills), calls_in_flight_at_kills=len(held), redelivered=len(waits),
                    p50_redelivery_ms=percentile(waits, 0.5), max_redelivery_ms=max(waits, default=None),
                    mean_calls_in_flight=mean_in_flight(world, kills))
        report.note(later_than_15_s=sum(wait > REDELIVERY_MS for wait in waits),
                    max_back_in_queue_ms=max(back_in_queue(facts, held), default=None))
        report.equals("kills", len(kills), size.kills)
        report.at_most("repeated_calls", world.calls.repeated(), len(held))
        report.at_most("p99_redelivery_ms", percentile(waits, 0.99), REDELIVERY_MS)


def kill_often(world, size):
    """(moment, leases that were held) per kill; a new worker takes the place of each."""
    kills = []
    for number in range(size.kills):
        world.rest(world.random.uniform(0.5, 1.5) * size.interval)
        if world.is_done:
            break
        victim = world.random.choice(world.fleet.of("worker"))
        moment = now_ms()
        kills.append((moment, world.kill(victim)))
        world.fleet.replace(victim)
        if number % max(1, size.kills // 3) == 0:
            world.snapshot()
    return kills


def redelivery(facts, moment, job):
    """Milliseconds from the kill to the job's next call; None when there was none."""
    calls = facts.calls.get(facts.keys.get(job), [])
    return next((round(call.time_ms - moment) for call in calls if call.time_ms > moment), None)


def back_in_queue(facts, held):
    """Milliseconds from the kill until the lease was taken from the dead, as the books tell of calls that were unknown."""
    ends = {row["id"]: row["started_ms"] + row["duration_ms"] for row in facts.attempts if row["outcome"] == "unknown"}
    return [round(ends[lease.token] - moment) for moment, lease in held if lease.token in ends]


def mean_in_flight(world, kills):
    counts = [len(world.calls.in_flight_at(moment)) for moment, _ in kills[:100]]
    return round(sum(counts) / len(counts), 1) if counts else None


LONG = {"jobs": 50_000, "kills": 500, "interval": 0.75, "rate": 40, "patience": 300}
SCENARIOS = [
    Scenario("worker-kills-64", run,
             short={"jobs": 2_500, "kills": 15, "workers": 8, "in_flight": 64, "latency": (150, 650), "interval": 0.8,
                    "rate": 100, "patience": 60},
             long={**LONG, "workers": 16, "in_flight": 64, "latency": (250, 1000)}),
    Scenario("worker-kills-256", run,
             short={"jobs": 3_500, "kills": 10, "workers": 8, "in_flight": 256, "latency": (500, 2500), "interval": 0.8,
                    "rate": 100, "patience": 60},
             long={**LONG, "workers": 32, "in_flight": 256, "latency": (1300, 4400), "interval": 0.5}),
]
