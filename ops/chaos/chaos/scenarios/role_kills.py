"""SIGKILLs of schedulers, intakes and couriers under load, also while batches are validated and finalized."""

import time

from ..invariants import check_all
from ..scenario import Scenario
from ..world import World

# What a batch is caught in to kill the schedulers, and who else is killed at any moment, in turns.
ROUND = ["validating", "courier", "intake", "finalizing", "intake", "courier"]


def run(context):
    size = context.size
    with World(context, intakes=2, schedulers=2, webhooks=True, answer=Moody(), worker={"slots": 32}) as world:
        world.fleet.start("worker", 2)
        work, kills = world.work, Kills(world)
        jobs = work.make_jobs(size.jobs, size.latency, webhook=world.own_webhook)
        submission = work.hand_in(jobs, rate=size.rate)
        uploads = []
        while kills.count < size.kills:
            # A fresh batch per round, so that there is always one to validate and one to finalize.
            batch = work.make_batch(world.random.choice(work.tenants), size.lines, size.latency, webhook=world.own_webhook)
            uploads.append(work.hand_in(batches=[batch]))
            for step in ROUND:
                if kills.count < size.kills:
                    kills.next(batch, step)
        for upload in uploads:
            world.wait_for_submission(upload)
        world.drain(submission, seconds=size.patience)
        check_all(world)
        report = world.report
        report.note(kills=kills.by_role, kills_while=kills.by_state)
        report.equals("kills", kills.count, size.kills)
        report.at_least("kills_while_validating", kills.by_state.get("validating", 0), 1)
        report.at_least("kills_while_finalizing", kills.by_state.get("finalizing", 0), 1)
        report.equals("repeated_calls", world.calls.repeated())


class Moody:
    """A receiver that refuses the first attempt of some webhooks."""

    def __init__(self):
        self.seen = set()

    def __call__(self, number, id):
        is_new = id not in self.seen
        self.seen.add(id)
        return 503 if is_new and number % 7 == 0 else 200


class Kills:
    def __init__(self, world):
        self.world, self.count, self.by_role, self.by_state = world, 0, {}, {}

    def next(self, batch, step):
        """Kills the schedulers while the batch is in a state, or one of a role at any moment."""
        if step in ("intake", "courier"):
            self.world.rest(self.world.random.uniform(0.1, 1.0))
            self.kill(step)
        elif self.catch(batch, step) == step:
            for scheduler in self.world.fleet.of("scheduler"):
                self.kill("scheduler", step, scheduler)

    def kill(self, role, state=None, victim=None):
        victim = victim or self.world.random.choice(self.world.fleet.of(role))
        self.world.fleet.kill(victim)
        self.world.fleet.replace(victim)
        self.count += 1
        self.by_role[role] = self.by_role.get(role, 0) + 1
        if state:
            self.by_state[state] = self.by_state.get(state, 0) + 1

    def catch(self, batch, state, seconds=40):
        """Looks often, for some states last milliseconds; the state that it stopped at."""
        end, last = time.monotonic() + seconds, {"validating": "in_progress", "finalizing": "completed"}[state]
        while time.monotonic() < end:
            now = self.world.ledger.batch_states().get(batch.id) if batch.id else None
            if now in (state, last):
                return now
            time.sleep(0.002)
        return None


SCENARIOS = [Scenario(
    "role-kills", run,
    short={"jobs": 400, "lines": 400, "kills": 16, "rate": 20, "latency": (50, 200), "patience": 60},
    long={"jobs": 3_000, "lines": 800, "kills": 60, "rate": 20, "latency": (50, 200), "patience": 120})]
