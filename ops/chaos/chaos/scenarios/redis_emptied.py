"""Redis stopped, its data deleted, started, in the middle of three batches: all complete, and no line that had its row
is called again."""

import shutil

from ..invariants import check_all
from ..invariants.attempts import called_after_row
from ..scenario import Scenario
from ..world import World


def run(context):
    size = context.size
    with World(context, webhooks=True, worker={"slots": 32},
               scheduler={"feed_window_lines": size.window}) as world:
        world.fleet.start("worker", 2)
        work = world.work
        batches = [work.make_batch(tenant, size.jobs // 3, size.latency, webhook=world.own_webhook)
                   for tenant in work.tenants]
        submission = work.hand_in(batches=batches)
        kept = work.make_jobs(size.jobs // 10, size.latency, durabilities=("ledger",), webhook=world.own_webhook)
        world.wait_for_calls(size.jobs // 4)
        singles = work.hand_in(kept)
        world.wait_for_submission(singles)
        world.wait_for_submission(submission)
        rows_before = world.ledger.count("jobs")
        world.redis.stop()
        for entry in world.redis.folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        world.rest(world.random.uniform(0.2, 2))
        world.redis.start()
        world.snapshot()
        world.drain(seconds=size.patience)
        facts = check_all(world)
        report = world.report
        completed = sum(state == "completed" for state in world.ledger.batch_states().values())
        report.note(rows_when_emptied=rows_before)
        report.at_least("rows_when_emptied", rows_before, 1)
        report.equals("batches_completed", completed, len(batches))
        report.equals("lines_called_after_their_row", called_after_row(facts))


SCENARIOS = [Scenario(
    "redis-emptied", run,
    short={"jobs": 1_800, "window": 200, "latency": (50, 300), "patience": 90},
    long={"jobs": 15_000, "window": 1_000, "latency": (50, 300), "patience": 300})]
