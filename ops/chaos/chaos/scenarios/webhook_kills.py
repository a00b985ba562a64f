"""SIGKILLs of couriers while thousands of webhooks go to a receiver that refuses every third request."""

import collections

from ..invariants import check_all
from ..scenario import Scenario
from ..world import World


def run(context):
    size = context.size
    with World(context, webhooks=True, answer=EveryThird(), retry_scale=1, worker={"slots": 64}) as world:
        world.fleet.start("worker", 2)
        submission = world.work.hand_in(world.work.make_jobs(size.jobs, size.latency))
        for number in range(size.kills):
            # Spread over the webhooks, so that each kill finds some on their way.
            taken = size.jobs * (number + 1) // (size.kills + 2)
            world.wait_for(lambda: len(world.registered.taken) >= taken, f"{taken} webhooks are taken", size.patience)
            victim = world.random.choice(world.fleet.of("courier"))
            world.kill(victim)
            world.fleet.replace(victim)
        world.drain(submission, seconds=size.patience)
        check_all(world)
        report, received = world.report, world.registered.received
        refused = sum(each.status != 200 for each in received)
        report.note(kills=size.kills, refused=refused, requests_per_webhook=round(len(received) / size.jobs, 2))
        report.at_least("refused_requests", refused, size.jobs // 4)
        report.equals("repeated_calls", world.calls.repeated())


class EveryThird:
    """A receiver that refuses every third request, and none for the sixth time: a webhook that is refused ten times in a
    row is given up, and rightly so."""

    def __init__(self):
        self.refused = collections.Counter()

    def __call__(self, number, id):
        if number % 3 or self.refused[id] == 5:
            return 200
        self.refused[id] += 1
        return 503


SCENARIOS = [Scenario(
    "webhook-kills", run,
    short={"jobs": 600, "kills": 4, "latency": (5, 20), "patience": 90},
    long={"jobs": 10_000, "kills": 10, "latency": (5, 20), "patience": 300})]
