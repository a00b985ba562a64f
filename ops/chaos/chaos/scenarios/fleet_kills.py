"""SIGKILLs of scaled workers, of what runs them, of whole machines: nothing lost, and soon as many as are wanted."""

import os
import signal
import time

from harness.processes import eventually, free_port, is_alive

from ..invariants import check_all
from ..report import percentile
from ..scenario import Scenario
from ..world import World

MOST, SLOTS = 4, 8
RESTORED = 10  # seconds until as many workers as are wanted take jobs again
SCALED = {"min": 1, "max": MOST, "max_per_machine": MOST, "slots": SLOTS, "scale_down_seconds": 5,
          "drain_target_seconds": 2}
# What is killed: one worker; what runs a machine's workers, started again at once; everything on a machine, which comes
# back when the other one has taken over.
KINDS = ["worker", "fleet", "machine"]


def run(context):
    size = context.size
    with World(context, worker=SCALED) as world:
        start_machines(world)
        work = world.work
        batches = [work.make_batch(tenant, size.jobs // 6, size.latency) for tenant in work.tenants]
        jobs = work.make_jobs(size.jobs // 2, size.latency)
        submission = work.hand_in(jobs, batches, rate=size.rate)
        world.wait_for(lambda: look(world) == (MOST, MOST), "all workers that there may be are at work")
        kills = Kills(world)
        for number in range(size.kills):
            kills.next(KINDS[number % len(KINDS)])
            if world.is_done:
                break
        world.drain(submission, seconds=size.patience)
        check_all(world)
        kills.tell(size)


def start_machines(world):
    """One with all roles beside the driver's own, and one with workers alone."""
    port = free_port()
    everything = world.stack.changed("up.yaml", intake={"port": port}, simulator={"enabled": False})
    world.fleet.start("up", settings_file=everything)
    world.fleet.start("fleet")
    for number, tenant in enumerate(world.work.tenants):
        # Some ask there first.
        tenant.client.urls.insert(number % 2, f"http://127.0.0.1:{port}")


def machines(world):
    return world.fleet.of("up") + world.fleet.of("fleet")


def look(world):
    """How many workers live and take jobs, and how many are wanted; of the dead somebody may still speak."""
    told = world.stack.admin.get("/v1/admin/fleet").json
    living = {pid for machine in machines(world) for pid in machine.workers}
    ready = {each["pid"] for each in told["workers"] if each["state"] == "ready"}
    return len(ready & living), told["sets"][0]["desired"]


class Kills:
    def __init__(self, world):
        self.world, self.held, self.by_kind, self.waits, self.most = world, 0, {}, {}, 0
        self.wanted = []

    def next(self, kind):
        """A kill, and the time until it is made up for."""
        self.rest(self.world.random.uniform(2, 5))
        # The one with the most workers: what it ran has gone to the other when the next kill comes.
        machine = max(machines(self.world), key=lambda each: (len(each.workers), self.world.random.random()))
        self.wanted.append(look(self.world)[1])
        began = time.monotonic()
        dead = getattr(self, f"kill_{kind}")(machine)
        eventually(lambda: not any(is_alive(pid) for pid in dead), "they are dead", 5)
        self.held += sum(len(self.world.queue.held_by(pid)) for pid in dead)
        if kind == "fleet":
            self.world.fleet.replace(machine)
        self.waits.setdefault(kind, []).append(self.until_restored(began))
        if kind == "machine":
            self.world.fleet.replace(machine)
        self.by_kind[kind] = self.by_kind.get(kind, 0) + 1

    def kill_worker(self, machine):
        victim = self.world.random.choice(machine.workers)
        os.kill(victim, signal.SIGKILL)
        return [victim]

    def kill_fleet(self, machine):
        """What runs the workers alone: they are to end with it."""
        workers = machine.workers
        self.world.fleet.kill(machine)
        return workers

    def kill_machine(self, machine):
        workers = machine.workers
        self.world.fleet.kill_all_of(machine)
        return workers

    def until_restored(self, began):
        """Seconds; the bar tells when that was too long."""
        self.world.wait_for(self.is_restored, "as many as are wanted are at work", 4 * RESTORED)
        return round(time.monotonic() - began, 1)

    def rest(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.is_restored()
            self.world.rest(0.2)

    def is_restored(self):
        count, wanted = look(self.world)
        self.most = max(self.most, count)
        return wanted is not None and count >= wanted

    def tell(self, size):
        report, waits = self.world.report, sorted(wait for each in self.waits.values() for wait in each)
        report.note(kills_of=self.by_kind, calls_in_flight_at_kills=self.held, wanted_at_kills=sorted(set(self.wanted)),
                    median_seconds_until_restored=percentile(waits, 0.5),
                    seconds_until_restored={kind: max(each) for kind, each in self.waits.items()})
        report.equals("kills", len(waits), size.kills)
        report.at_most("repeated_calls", self.world.calls.repeated(), self.held)
        report.at_most("seconds_until_restored", max(waits, default=None), RESTORED)
        # Two machines run the wish together, not each of them.
        report.at_most("most_workers_at_work", self.most, MOST)


SCENARIOS = [Scenario(
    "fleet-kills", run,
    short={"jobs": 1_550, "kills": 5, "rate": 60, "latency": (200, 1000), "patience": 60},
    long={"jobs": 15_000, "kills": 60, "rate": 30, "latency": (200, 1000), "patience": 120})]
