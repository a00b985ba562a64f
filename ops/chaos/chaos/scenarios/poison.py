"""A job that kills whoever calls the provider with it, among others that do no harm.

No hook in the product: the provider is reached through a proxy. When the poison's prompt passes, the kernel is asked which
process sends it, a worker or a child that a worker started for it, and that one is killed."""

import os
import signal

from harness.processes import children

from ..invariants import check_all
from ..invariants.terminal import POISON
from ..proxy import Proxy
from ..report import percentile
from ..scenario import Scenario
from ..sockets import owner
from ..world import World

WORSE = 1.2


class Assassin:
    """Kills the worker that sends the prompt with the marker."""

    def __init__(self):
        # `escaped`: it passed and nobody was found who sent it.
        self.proxy, self.marker, self.pids = Proxy(None, self.look), None, lambda: []
        self.killed, self.escaped = [], 0

    def look(self, connection, data):
        if self.marker and self.marker in data:
            pid = owner(connection.client_port, self.proxy.port, self.pids())
            if pid is None:
                self.escaped += 1
            else:
                os.kill(pid, signal.SIGKILL)
                self.killed.append(pid)
        return True


def run(context):
    size, assassin = context.size, Assassin()
    with World(context, provider_proxy=assassin.proxy, worker={"slots": 8}) as world:
        world.fleet.start("worker", 4)
        assassin.pids = lambda: with_children([worker.pid for worker in world.fleet.of("worker")])
        before = others(world, size)
        jobs = world.work.make_jobs(size.jobs, size.latency, models=("alpha-model",))
        poison = jobs[size.jobs // 10]
        assassin.marker = f"[simulate:tag={poison.key}]".encode()
        after = others(world, size, jobs)
        world.crashes_made = sum(code == -signal.SIGKILL for _, code in world.fleet.ended_alone)
        facts = check_all(world, poisoned=[poison.key])
        report, row = world.report, facts.rows.get(poison.id, {})
        times = turnarounds(facts, [item for item in after if item is not poison])
        usual = turnarounds(facts, before)
        report.note(processes_killed=len(assassin.killed), workers_killed=world.crashes_made, others=len(times),
                    p99_ms_without_poison=percentile(usual, 0.99), p99_ms_with_poison=percentile(times, 0.99),
                    max_ms_with_poison=max(times),
                    poison=f"{row.get('state')} {row.get('error_class')}")
        report.equals("poison_quarantined", (row.get("state"), row.get("error_class")) == ("failed", POISON), True)
        report.at_least("processes_killed", len(assassin.killed), 2)
        report.equals("poison_escaped", assassin.escaped)
        report.at_most("p99_with_poison_by_without", round(percentile(times, 0.99) / percentile(usual, 0.99), 2), WORSE)


def with_children(pids):
    return [each for pid in pids for each in [pid, *children(pid)]]


def others(world, size, jobs=None):
    """Hands the jobs in at once and waits for their end."""
    jobs = jobs or world.work.make_jobs(size.jobs, size.latency, models=("alpha-model",))
    world.drain(world.work.hand_in(jobs, threads=8), seconds=size.patience)
    return jobs


def turnarounds(facts, items):
    """Milliseconds from acceptance to the end."""
    rows = [facts.rows[item.id] for item in items if item.id in facts.rows]
    return [row["finished_ms"] - row["created_ms"] for row in rows]


SCENARIOS = [Scenario(
    "poison", run,
    short={"jobs": 600, "latency": (700, 2300), "patience": 120},
    long={"jobs": 1_001, "latency": (700, 2300), "patience": 240})]
