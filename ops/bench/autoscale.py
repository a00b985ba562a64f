#!/usr/bin/env python3
"""Whether the workers follow the load: 0, 200, 2,000 and 0 jobs a second, from no worker at all, Redis away once.

One private stack per scenario. `slots`: calls of a second, 250 per worker. `cpu`: calls of 5 ms, and a worker should
use a tenth of a processor. `limit`: the provider grants 3,000 calls a minute, of a second, 20 per worker; most of what
waits is cancelled in the end. Each second becomes a line of SCENARIO.csv in the folder of the samples; both are drawn in
autoscale.svg there, or beside this file when all scenarios ran in full. Ends with 1 when a bar does not hold.

Usage: autoscale.py [--short] [--samples FOLDER] [SCENARIO…]
  --short   a minute each: shorter steps, and the count goes down after 6 s instead of 60
"""

import argparse
import csv
import dataclasses
import math
import pathlib
import statistics
import sys
import threading
import time

import autoscale_picture
from bench import ROOT, BenchStack, measure
from harness.stack import children_of
from harness.web import Web
from steady_load import SteadyLoad

SAMPLES = ROOT / ".penstock/bench-samples"
MOST = 10
PER_MINUTE = 3_000
FOLLOWS, ABOVE = 10, 1  # seconds; workers more than the plan's own inputs ask for
# Phase → jobs per second.
STEPS = {"200/s": 200, "2,000/s": 2_000}
# Jobs that stay when the others are cancelled: those that the limit grants in 40 s.
KEPT = PER_MINUTE // 60 * 40


@dataclasses.dataclass
class Scenario:
    latency_ms: int
    worker: dict
    # Reasons that may stand there while the load is on, and the one of 2,000 jobs a second.
    reasons: set
    binds: str
    per_minute: int | None = None

    @property
    def target(self):
        return self.worker.get("cpu_target_percent", 70) / 100


SCENARIOS = {
    "slots": Scenario(1_000, {"slots": 250}, {"backlog"}, "backlog"),
    "cpu": Scenario(5, {"slots": 250, "cpu_target_percent": 10}, {"backlog", "cpu"}, "cpu"),
    "limit": Scenario(1_000, {"slots": 20}, {"backlog", "rate_limited"}, "rate_limited", PER_MINUTE),
}


@dataclasses.dataclass
class Times:
    """Seconds of each step, and how long the count of workers is held."""
    rest: int = 10
    few: int = 40
    many: int = 40
    away: int = 20
    hold: int = 60
    # Until the last worker has to be gone.
    end: int = 240


SHORT = Times(rest=3, few=12, many=15, away=8, hold=6, end=90)
FIELDS = ["second", "phase", "redis", "load", "sent", "calls_begun", "in_flight", "desired", "reason", "by_slots",
          "by_cpu", "predicted", "ready", "draining", "living", "slots_in_use", "cpu", "runnable", "use"]


class ScaledStack(BenchStack):
    def __init__(self, folder, scenario, times):
        worker = {"min": 0, "max": MOST, "max_per_machine": MOST, "scale_down_seconds": times.hold, **scenario.worker}
        super().__init__(folder, None, worker["slots"], latency_ms=scenario.latency_ms, worker=worker)
        limits = {"requests_per_minute": scenario.per_minute} if scenario.per_minute else {}
        self.settings["pools"]["bench"]["limit_groups"]["bench"] = limits
        # The provider means it.
        self.settings["simulator"]["requests_per_minute"] = scenario.per_minute or 0
        self.changed(self.settings_file.name)


class Sampler:
    """One row for each second of a run."""

    def __init__(self, stack, scenario, load):
        self.stack, self.scenario, self.load, self.rows = stack, scenario, load, []
        self.admin = Web(stack.url, stack.admin_key)
        self.began, self.last = time.monotonic(), (0, 0, 0)

    def run(self, phase, seconds, until=lambda row: False, redis="up"):
        """Looks once a second for so long, or until a row is as wanted."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            second = math.floor(time.monotonic() - self.began) + 1
            time.sleep(max(0, self.began + second - time.monotonic()))
            self.rows.append(self.look(second, phase, redis))
            if until(self.rows[-1]):
                return

    def look(self, second, phase, redis):
        provider = self.stack.statistics()
        now = second, self.load.sent, provider["calls"]
        # Starting Redis takes longer than a second.
        sent, begun = (round((new - old) / (second - self.last[0])) for new, old in zip(now[1:], self.last[1:]))
        living = len(children_of(self.stack.supervisor, "worker"))
        row = {"second": second, "phase": phase, "redis": redis, "load": sent, "sent": self.load.sent,
               "calls_begun": begun, "in_flight": provider["in_flight"], "living": living, **self.plan()}
        self.last = now
        row["use"] = self.use(row)
        return row

    def plan(self):
        """What the autoscaler says and why; nothing while Redis is away."""
        try:
            reply = self.admin.get("/v1/admin/fleet", timeout=0.8)
        except OSError:
            return {}
        if reply.status != 200:
            return {}
        [found] = reply.json["sets"]
        known = {name: found[name] for name in ["desired", "reason", "ready", "draining", "slots_in_use"]}
        inputs = found["inputs"]
        if inputs is None:
            return known
        predicted = math.ceil(max(inputs["calls"] / found["slots"], inputs["cpu"] / self.scenario.target) - 0.001)
        return {**known, **{name: inputs[name] for name in ["by_slots", "by_cpu", "cpu"]},
                "predicted": min(predicted, found["max"]),
                "runnable": sum(each["runnable"] for each in inputs["pools"])}

    def use(self, row):
        """The part that is used of what binds."""
        if self.scenario.per_minute:
            # Over ten seconds: a minute's limit is not kept by the second.
            recent = [each["calls_begun"] for each in self.rows[-9:]] + [row["calls_begun"]]
            return round(sum(recent) / len(recent) / (self.scenario.per_minute / 60), 3)
        if not row.get("ready"):
            return None
        if self.scenario.binds == "cpu":
            return round(row["cpu"] / self.scenario.target / row["ready"], 3) if "cpu" in row else None
        return round(row["slots_in_use"] / (row["ready"] * self.scenario.worker["slots"]), 3)

    def of(self, *phases):
        return [row for row in self.rows if row["phase"] in phases]

    def write(self, file):
        with file.open("w", newline="") as out:
            writer = csv.DictWriter(out, FIELDS, restval="")
            writer.writeheader()
            writer.writerows(self.rows)


def run(folder, scenario, times, file):
    stack = ScaledStack(folder / "stack", scenario, times)
    load = None
    try:
        stack.up()
        load = SteadyLoad(stack)
        sampler = Sampler(stack, scenario, load)
        try:
            go_through(stack, sampler, load, scenario, times)
        finally:
            sampler.write(file)
        return figures(stack, sampler, load, scenario, times)
    finally:
        if load:
            load.stop()
        stack.stop()


def go_through(stack, sampler, load, scenario, times):
    sampler.run("rest", times.rest)
    load.rate = STEPS["200/s"]
    sampler.run("200/s", times.few)
    load.rate = STEPS["2,000/s"]
    sampler.run("2,000/s", times.many)
    stack.redis.stop()
    sampler.run("away", times.away, redis="away")
    stack.redis.start()
    sampler.run("2,000/s again", times.many)
    load.rate = 0
    if scenario.per_minute:
        sampler.run("cancelling", 2)
        cancelling = threading.Thread(target=cancel, args=[stack, load.ids[sampler.last[2] + KEPT:]], daemon=True)
        cancelling.start()
        sampler.run("cancelling", 60, until=lambda row: not cancelling.is_alive())
    sampler.run("end", times.end, until=lambda row: not (row["living"] or row.get("desired")))


def cancel(stack, ids):
    """The newest jobs, which wait for longer than anybody has."""
    web = Web(stack.url, stack.admin_key)
    for first in range(0, len(ids), 1_000):
        reply = web.post("/v1/jobs/bulk/cancel", {"ids": ids[first:first + 1_000]})
        assert reply.status == 200 and not any(each["error"] for each in reply.json["data"]), reply


# What came of it


def figures(stack, sampler, load, scenario, times):
    load.stop()
    rows, found = sampler.rows, {}
    found["needed"] = {phase: needed(scenario, sampler.of(phase), rate) for phase, rate in STEPS.items()}
    for figure, name in [("follows_seconds", "desired"), ("workers_follow_seconds", "ready")]:
        found[figure] = {phase: followed(sampler.of(phase), name, found["needed"][phase]) for phase in STEPS}
    found["wish_gone_seconds"], found["zero_seconds"] = gone(sampler.of("end"))
    found["most_above_prediction"] = most_above(rows, times)
    found["most_desired"] = max(row["desired"] for row in rows if row.get("desired") is not None)
    found["settled"] = {phase: settled(sampler.of(phase)) for phase in ["200/s", "2,000/s", "2,000/s again"]}
    found["reasons"] = reasons(rows)
    found["workers_while_redis_was_away"] = sorted({row["living"] for row in sampler.of("away")})
    found["workers_before"] = sampler.of("2,000/s")[-1]["living"]
    found["load_per_second"] = {phase: round(statistics.mean(row["load"] for row in sampler.of(phase)))
                                for phase in ["200/s", "2,000/s", "2,000/s again"]}
    found["refused_requests"], found["errors"] = load.refused, load.errors
    found.update(calls(stack, load))
    found["seconds"] = rows[-1]["second"]
    return {**found, "missed": missed(found, sampler, scenario)}


def known(rows, name):
    return [row[name] for row in rows if row.get(name) is not None]


def settled(rows):
    """The count of the second half."""
    values = known(rows[len(rows) // 2:], "desired")
    return statistics.median_low(values) if values else None


def needed(scenario, rows, rate):
    """Workers that this load needs, by the scenario's own numbers; where processors bind, what it settles on."""
    if scenario.binds == "cpu":
        return settled(rows)
    granted = min(rate, (scenario.per_minute or math.inf) / 60)
    return math.ceil(granted * scenario.latency_ms / 1000 / scenario.worker["slots"])


def followed(rows, name, count):
    """Seconds from the step until so many are `desired`, or `ready`."""
    began = rows[0]["second"] - 1
    return next((row["second"] - began for row in rows if (row.get(name) or 0) >= count), None)


def gone(rows):
    """Seconds from the last call's end until nothing asks for a worker, and from the load's end until none lives."""
    idle = max([rows[0]["second"] - 1] + [row["second"] for row in rows if row["in_flight"] or row.get("runnable")])
    wish = next((row["second"] - idle for row in rows
                 if row["second"] > idle and row.get("by_slots") == 0 and row.get("by_cpu") == 0), None)
    zero = next((row["second"] - rows[0]["second"] + 1 for row in rows if not row["living"]), None)
    return wish, zero


def most_above(rows, times):
    """How far the wish was above what its own inputs ask for: at that moment, or where the count goes down slowly, at
    any moment of the time for which it is held and of its steps down. The time without Redis does not count."""
    most, told = 0, [row for row in rows if row.get("desired") is not None and row.get("predicted") is not None]
    for place, row in enumerate(told):
        first = place if row["reason"] != "draining" else max(0, place - 2 * times.hold)
        most = max(most, row["desired"] - max(each["predicted"] for each in told[first:place + 1]))
    return most


def reasons(rows):
    """Phase → reason → seconds."""
    found = {}
    for row in rows:
        reason = row.get("reason") or "not told"
        of_phase = found.setdefault(row["phase"], {})
        of_phase[reason] = of_phase.get(reason, 0) + 1
    return found


def calls(stack, load):
    """What the provider and the books say."""
    seen, ledger = stack.statistics(), stack.ledger
    booked = ledger.count("attempts")
    good = ledger.rows("attempts", {"outcome": "succeeded"}, "COUNT(*) AS rows")[0]["rows"]
    ended = {state: ledger.rows("jobs", {"state": state}, "COUNT(*) AS rows")[0]["rows"]
             for state in ["succeeded", "failed", "expired", "cancelled"]}
    return {"jobs": load.sent, "ended": ended, "lost": load.sent - sum(ended.values()), "calls": seen["calls"],
            "called_twice": seen["repeated_calls"], "refused_calls": seen["by_status"].get("429", 0),
            "aborted_calls": booked - good - seen["by_status"].get("429", 0)}


def missed(found, sampler, scenario):
    """Bars that did not hold."""
    during = {reason for row in sampler.of("200/s", "2,000/s", "2,000/s again") if (reason := row.get("reason"))}
    # The first look at a load, and the first after an outage, may be the one before. What was wanted before holds on.
    wrong = during - scenario.reasons - {"idle", "draining", "blind"}
    at_full_load = {row.get("reason") for row in sampler.of("2,000/s")[FOLLOWS:]} - {None, "draining"}
    bars = {
        "follows": all(each is not None and each <= FOLLOWS for each in found["follows_seconds"].values()),
        "wish_gone": found["wish_gone_seconds"] is not None and found["wish_gone_seconds"] <= FOLLOWS,
        "above_prediction": found["most_above_prediction"] <= ABOVE,
        "reasons": not wrong and at_full_load == {scenario.binds},
        "held_without_redis": found["workers_while_redis_was_away"] == [found["workers_before"]],
        "zero": found["zero_seconds"] is not None,
        "lost": found["lost"] == 0, "called_twice": found["called_twice"] == 0, "aborted": found["aborted_calls"] == 0,
        "ended": found["ended"]["failed"] == found["ended"]["expired"] == 0,
        "load": not found["errors"] and found["load_per_second"]["2,000/s"] >= 0.95 * 2_000,
    }
    return [name for name, holds in bars.items() if not holds]


def draw(names, samples, is_whole):
    out = ROOT / "ops/bench/autoscale.svg" if is_whole else samples / "autoscale.svg"
    read = {name: autoscale_picture.read(samples / f"{name}.csv") for name in names}
    out.write_text(autoscale_picture.draw(read))
    print(f"drawn: {out.relative_to(ROOT) if out.is_relative_to(ROOT) else out}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(prog="autoscale.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="*", help=f"{', '.join(SCENARIOS)}; all when none is named")
    parser.add_argument("--short", action="store_true", help="a minute each")
    parser.add_argument("--samples", type=pathlib.Path, default=SAMPLES, help="where the CSV files go")
    options = parser.parse_args()
    if unknown := set(options.scenario) - set(SCENARIOS):
        parser.error(f"unknown scenario {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}")
    options.samples.mkdir(parents=True, exist_ok=True)
    names = options.scenario or [*SCENARIOS]
    times, held = SHORT if options.short else Times(), []
    for name in names:
        def body(folder):
            found = run(folder, SCENARIOS[name], times, options.samples / f"{name}.csv")
            held.append(not found["missed"])
            return found
        measure(f"autoscale.{name}", body)
    draw(names, options.samples, is_whole=not options.short and len(names) == len(SCENARIOS))
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
