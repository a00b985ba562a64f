"""SIGKILLs of everything in turn, every few seconds, under one supervisor: nothing lost, and it stays quick."""

import os
import signal
import time

from harness.settings import fixed

from ..invariants import check_all
from ..scenario import Scenario
from ..world import World

VICTIMS = ["worker", "scheduler", "intake", "worker", "courier", "redis"]
WORKERS, SLOTS = 2, 128


def run(context):
    size = context.size
    with World(context, tenants=2, worker={**fixed(WORKERS), "slots": SLOTS}) as world:
        machine = hand_over(world)
        work = world.work
        batches = [work.make_batch(work.tenants[number % 2], size.jobs // 12, size.latency, is_of_messages=number % 4 > 1)
                   for number in range(12)]
        # One by one all the time: the longest time without an accepted one is the longest outage for callers.
        singles = work.make_jobs(int(size.seconds * size.rate), size.latency)
        world.work.hand_in(batches=batches)
        submission = work.hand_in(singles, rate=size.rate)
        world.wait_for_calls(30)
        kills = Kills(world, machine)
        kills.go_on(size.seconds)
        last = time.monotonic()
        world.drain(submission, seconds=size.patience)
        took = round(time.monotonic() - last, 1)
        check_all(world)
        report = world.report
        repeated = world.calls.repeated()
        report.note(kills=kills.by_victim, calls_in_flight_at_kills=kills.held,
                    share_of_calls_repeated=round(repeated / len(world.calls.calls), 4))
        report.at_least("kills", sum(kills.by_victim.values()), int(size.seconds / 5))
        # What was in flight in a killed worker has to be called again: nobody got the answer.
        report.at_most("share_of_calls_repeated_for_nothing",
                       round(max(0, repeated - kills.held) / len(world.calls.calls), 4), 0.005)
        report.at_most("longest_outage_seconds", longest_gap(singles), 5)
        report.at_most("seconds_from_last_kill_to_the_end", took, 60)


def hand_over(world):
    """One supervisor in the place of the driver's own processes."""
    for role in ["intake", "scheduler"]:
        for member in world.fleet.of(role):
            world.fleet.kill(member)
    return world.fleet.start("up", settings_file=world.stack.changed("up.yaml", simulator={"enabled": False}))[0]


def longest_gap(items):
    moments = sorted(item.accepted_ms for item in items if item.accepted_ms)
    return round(max(later - earlier for earlier, later in zip(moments, moments[1:])) / 1000, 2)


class Kills:
    def __init__(self, world, machine):
        self.world, self.machine, self.held, self.by_victim = world, machine, 0, {}

    def go_on(self, seconds):
        end, number = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            self.world.rest(self.world.random.uniform(2, 5))
            victim = VICTIMS[number % len(VICTIMS)]
            number += 1
            if self.kill_redis() if victim == "redis" else self.kill_child(victim):
                self.by_victim[victim] = self.by_victim.get(victim, 0) + 1

    def kill_redis(self):
        self.world.redis.kill()
        self.world.rest(self.world.random.uniform(0, 0.7))
        self.world.redis.start()
        # The driver's own look at the queue, too, has to connect again.
        self.world.queue.redis.close()
        return True

    def kill_child(self, role):
        """Whether there was one to kill."""
        living = self.machine.children(role)
        if not living:
            return False
        victim = self.world.random.choice(living)
        os.kill(victim, signal.SIGKILL)
        if role == "worker":
            # Calls that it had begun: leases are with Redis, so they are counted right after.
            self.held += len(self.world.queue.held_by(victim))
        return True


SCENARIOS = [Scenario(
    "mixed-kills", run,
    short={"jobs": 2_400, "seconds": 20, "rate": 20, "latency": (300, 700), "patience": 60},
    long={"jobs": 30_000, "seconds": 200, "rate": 10, "latency": (1500, 1500), "patience": 120})]
