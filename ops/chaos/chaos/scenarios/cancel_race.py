"""Cancelling at the moment of completion: one winner, and the caller is told which."""

import threading
import time

from ..invariants import check_all
from ..scenario import Scenario
from ..world import World


def run(context):
    size = context.size
    with World(context, webhooks=True, worker={"slots": 64}) as world:
        world.fleet.start("worker", 2)
        jobs = world.work.make_jobs(size.jobs, size.latency, webhook=world.own_webhook)
        # Around the end of the call: a job begins a little after it was accepted.
        delays = [size.latency[0] / 1000 + world.random.uniform(-0.045, 0.025) for _ in jobs]
        race = Race(world, jobs, delays, size.threads)
        world.wait_for(lambda: race.is_done, "all are cancelled or too late", size.patience)
        assert not race.errors, race.errors
        world.drain(seconds=size.patience)
        facts = check_all(world, states=("succeeded", "cancelled"))
        report, told = world.report, race.told
        wrong = [id for id, state in told.items() if facts.rows[id]["state"] != state]
        cancelled = sum(state == "cancelled" for state in told.values())
        report.note(raced=len(told), cancelled=cancelled, finished_first=len(told) - cancelled)
        report.equals("raced", len(told), len(jobs))
        report.equals("caller_told_the_wrong_winner", len(wrong))
        # A race that always has the same winner is none.
        report.at_least("least_common_winner", min(cancelled, len(told) - cancelled), len(jobs) // 20)


class Race:
    def __init__(self, world, jobs, delays, threads):
        self.work, self.told, self.errors, self.lock = world.work, {}, [], threading.Lock()
        self.entries = iter(zip(jobs, delays))
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        try:
            while entry := self.next():
                self.one(*entry)
        except Exception as error:
            self.errors.append(repr(error))

    def next(self):
        with self.lock:
            return next(self.entries, None)

    def one(self, item, delay):
        self.work.post_job(item)
        time.sleep(delay)
        reply = item.tenant.client.request("POST", f"/v1/jobs/{item.id}/cancel", b"", wanted=(200, 409))
        if reply.status == 200:
            assert reply.json["state"] == "cancelled", reply
        else:
            assert reply.error["code"] == "job_already_finished", reply
        with self.lock:
            self.told[item.id] = "cancelled" if reply.status == 200 else "succeeded"

    @property
    def is_done(self):
        return not any(thread.is_alive() for thread in self.threads)


SCENARIOS = [Scenario(
    "cancel-race", run,
    short={"jobs": 400, "threads": 12, "latency": (100, 100), "patience": 60},
    long={"jobs": 2_000, "threads": 12, "latency": (100, 100), "patience": 180})]
