"""Redis away for twice the lease and longer, under load: no call that was in flight is made again."""

from .. import complaints
from ..calls import now_ms
from ..invariants import check_all
from ..scenario import Scenario
from ..world import World


def run(context):
    size = context.size
    with World(context, worker={"slots": 32}) as world:
        world.fleet.start("worker", 2)
        work = world.work
        # Some calls end while Redis is away, some after it is back.
        slow = work.make_jobs(size.slow, (5_000, 45_000))
        submission = work.hand_in(slow)
        world.wait_for_submission(submission)
        world.wait_for_calls(size.slow)
        batches = [work.make_batch(tenant, size.jobs // 3, size.latency) for tenant in work.tenants]
        submission = work.hand_in(batches=batches)
        world.wait_for_calls(size.slow + 20)
        running = world.calls.in_flight_at(now_ms())
        world.redis.stop()
        began = now_ms()
        world.rest(size.away)
        ended = now_ms()
        world.redis.start()
        world.drain(submission, seconds=size.patience)
        check_all(world)
        report = world.report
        calls = world.calls.by_key()
        report.note(in_flight_when_stopped=len(running))
        report.at_least("in_flight_when_stopped", len(running), 10)
        report.equals("in_flight_called_again", sum(len(calls[call.key]) > 1 for call in running))
        report.equals("repeated_calls", world.calls.repeated())
        complaints.check(world, began, ended)


SCENARIOS = [Scenario(
    "redis-stopped", run,
    short={"jobs": 300, "slow": 30, "latency": (100, 500), "away": 20, "patience": 90},
    long={"jobs": 9_000, "slow": 40, "latency": (100, 500), "away": 60, "patience": 200})]
