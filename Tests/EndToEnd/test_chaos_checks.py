"""The checks of ops/chaos: a made-up world in which all is well passes, and each single flaw is found."""

import json
import pathlib
import random
import sys
import types

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "ops/chaos"))

from chaos import invariants  # noqa: E402
from chaos.calls import Call  # noqa: E402
from chaos.invariants.attempts import called_after_row  # noqa: E402
from chaos.invariants.limits import most_at_once, worst_window  # noqa: E402
from chaos.invariants.terminal import Facts  # noqa: E402
from chaos.report import Report, percentile  # noqa: E402
from chaos.work import Batch, Item, Work  # noqa: E402
from chaos.world import World  # noqa: E402


class Reply:
    def __init__(self, json=None, body=b""):
        self.json, self.body = json, body


class Client:
    """Answers what the made-up API says; `broken` and `refusals` are what the driver's client counts."""

    def __init__(self, answers):
        self.answers, self.broken, self.refusals = answers, 0, {}

    def request(self, method, path, **_):
        return self.answers[path]


class Calls:
    def __init__(self, calls):
        self.calls = calls

    def end(self):
        pass

    def by_key(self):
        found = {}
        for call in self.calls:
            found.setdefault(call.key, []).append(call)
        return found

    def repeated(self):
        return sum(len(calls) - 1 for calls in self.by_key().values())


def call(key, sequence=1, time_ms=1000, latency_ms=500):
    return Call({"tag": key, "sequence": sequence, "time_ms": time_ms, "latency_ms": latency_ms, "status": 200,
                 "input_tokens": 10, "output_tokens": 5})


def row(id, **more):
    return {"id": id, "state": "succeeded", "finished_ms": 2000, "created_ms": 900, "request_id": "req_1", "error_class": None,
            **more}


def attempt(id, job, **more):
    return {"id": id, "job": job, "outcome": "succeeded", "status": 200, "cost_nano": 7, **more}


def event(id, subject, body=b""):
    return types.SimpleNamespace(id=id, body=json.dumps({"data": {"id": subject}}).encode() + body)


class Made(World):
    """One single job and a batch of one line, both done; tests change what they want."""

    def __init__(self):
        answers = {
            "/v1/jobs/job_1": Reply({"state": "succeeded"}),
            "/v1/batches/batch_9": Reply({"status": "completed", "output_file_id": "file-o", "error_file_id": None,
                                          "request_counts": {"total": 1, "completed": 1, "failed": 0}}),
            "/v1/files/file-o/content": Reply(body=b'{"custom_id":"k2"}\n')}
        self.answers, self.report, self.random = answers, Report(), random.Random(1)
        tenant = types.SimpleNamespace(client=Client(answers))
        self.work = Work(self.random, "k")
        self.work.tenants = [tenant]
        self.work.jobs = [Item("k1", tenant, {}, id="job_1", webhook={"url": "own"})]
        self.work.batches = [Batch(tenant, [Item("k2", tenant, {})], id="batch_9")]
        self.rows = [row("job_1"), row("batch_req_9_1")]
        self.books = [attempt("a1", "job_1"), attempt("a2", "batch_req_9_1")]
        self.tables, self.sent = {"accepted": 0}, [{"state": "delivered"}]
        self.ledger = types.SimpleNamespace(
            jobs=lambda: self.rows, attempts=lambda: self.books, still_accepted=lambda: self.tables["accepted"],
            deliveries=lambda: self.sent)
        self.calls = Calls([call("k1"), call("k2", 2)])
        self.left, self.live, self.costs = {}, 0, {"calls": 2, "cost_usd": "0.000000014"}
        self.queue = types.SimpleNamespace(leftovers=lambda: self.left)
        self.stack = types.SimpleNamespace(admin=types.SimpleNamespace(get=self.ask_admin))
        self.fleet = types.SimpleNamespace(ended_alone=[])
        self.known_rows, self.changed_rows, self.lost_allowed, self.crashes_made = {}, [], set(), 0
        self.registered = self.receiver(event("w1", "job_1"), event("w2", "batch_9"))
        self.own = self.receiver(event("w3", "job_1"))

    def receiver(self, *received):
        return types.SimpleNamespace(received=list(received), taken=list(received))

    def ask_admin(self, path):
        pools = {"data": [{"running": self.live, "waiting": 0, "delayed": 0}]}
        return Reply({"total": self.costs} if path.startswith("/v1/costs") else pools)


def broken_bars(world):
    invariants.check_all(world)
    return {name for name, bar in world.report.bars.items() if not bar["holds"]}


def test_a_world_in_which_all_is_well():
    world = Made()
    assert not broken_bars(world) and world.report.holds


def again(world, **changes):
    """The job's row as it was seen earlier, otherwise."""
    world.known_rows["job_1"] = ("failed", 1500, None, None)


FLAWS = {
    "lost": lambda world: world.rows.pop(0),
    "rows_nobody_asked_for": lambda world: world.rows.append(row("job_2")),
    "changed_terminal_rows": again,
    "still_accepted": lambda world: world.tables.update(accepted=1),
    "innocent_quarantines": lambda world: world.rows[0].update(state="failed", error_class="penstock_poison"),
    "ended_otherwise": lambda world: world.rows[1].update(state="expired"),
    "api_tells_another_state": lambda world: world.answers["/v1/jobs/job_1"].json.update(state="running"),
    "stuck_batches": lambda world: world.answers["/v1/batches/batch_9"].json.update(status="finalizing"),
    "batches_with_wrong_counts": lambda world: world.answers["/v1/batches/batch_9"].json["request_counts"].update(total=2),
    "batches_without_one_line_per_custom_id":
        lambda world: world.answers["/v1/files/file-o/content"].__dict__.update(body=b'{"custom_id":"k2"}\n' * 2),
    "attempts_booked_twice": lambda world: world.books.append(attempt("a1", "job_1")),
    "calls_without_an_attempt_row": lambda world: world.calls.calls.append(call("k1", 3)),
    "answers_booked_without_a_call": lambda world: world.books.append(attempt("a3", "job_1")),
    "succeeded_without_a_cost": lambda world: world.books[0].update(cost_nano=None),
    "unknown_with_a_cost": lambda world: world.books[0].update(outcome="unknown"),
    "calls_missing_in_the_cost_report": lambda world: world.costs.update(calls=1),
    "nanodollars_missing_in_the_cost_report": lambda world: world.costs.update(cost_usd="0.000000013"),
    "left_in_redis": lambda world: world.left.update(leases=1),
    "live_jobs_by_the_api": lambda world: world.__dict__.update(live=1),
    "webhooks_missing": lambda world: world.own.taken.clear(),
    "webhooks_with_several_ids": lambda world: world.own.received.append(event("w4", "job_1")),
    "webhook_ids_with_several_bodies": lambda world: world.own.received.append(event("w3", "job_1", b" ")),
    "webhooks_nobody_asked_for": lambda world: world.own.received.append(event("w5", "job_7")),
    "deliveries_not_delivered": lambda world: world.sent.append({"state": "pending"}),
    "crashes_of_their_own": lambda world: world.fleet.ended_alone.append(("worker-1.log", -11)),
}


@pytest.mark.parametrize("bar", FLAWS)
def test_each_flaw_is_found(bar):
    world = Made()
    FLAWS[bar](world)
    assert bar in broken_bars(world) and not world.report.holds


def test_every_bar_has_its_flaw():
    world = Made()
    invariants.check_all(world)
    assert set(world.report.bars) == set(FLAWS)


def test_limits_and_late_calls():
    calls = [call("k1", time_ms=time) for time in [0, 100, 59_999, 60_000, 60_050]]
    assert worst_window(calls) == 4 and worst_window(calls, tokens=True) == 60
    assert most_at_once([call("k1", time_ms=0), call("k1", time_ms=499), call("k1", time_ms=500)]) == 2
    world = Made()
    assert called_after_row(Facts(world)) == 0
    world.calls.calls.append(call("k1", 3, time_ms=2001))
    assert called_after_row(Facts(world)) == 1


def test_a_report_without_bars_or_measurements_does_not_hold():
    report = Report()
    assert not report.holds
    report.at_most("p99", percentile([], 0.99), 15)
    assert not report.holds and percentile([3, 1, 2], 0.5) == 2
