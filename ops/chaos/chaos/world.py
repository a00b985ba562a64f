"""A private Penstock with its Redis, ledger, provider and receivers of webhooks, and the work that it was given."""

import json
import random
import time

from harness.processes import eventually, free_port
from harness.receiver import Receiver
from harness.stack import Stack

from .calls import CallCollector
from .fleet import Fleet
from .queue_view import QueueView
from .work import MODELS, TERMINAL_BATCHES, Work

SECRET = "whsec_" + "Q2hhb3MgaXMgYSBsYWRkZXIgb2YgdGVzdHMu"
EVENTS = [f"job.{state}" for state in ["succeeded", "failed", "expired", "cancelled"]] + [
    f"batch.{state}" for state in ["completed", "failed", "expired", "cancelled"]]


class ChaosStack(Stack):
    """Two pools of one target each, and no process: the driver starts them."""

    def __init__(self, folder, limits, provider_proxy=None, **changes):
        super().__init__(folder, **changes)
        port = self.simulator_port
        if provider_proxy:
            provider_proxy.target_port, port = port, provider_proxy.port
        self.settings["pools"] = {name: pool(name, model, port, limits) for model, name in MODELS.items()}
        self.settings["routes"] = dict(MODELS)
        self.settings_file.write_text(json.dumps(self.settings, indent=2))

    def stop(self):
        self.redis.process.kill()
        self.ledger.stop()


def pool(name, model, provider_port, limits):
    return {"targets": {f"{name}-target": {
        "provider": "openai", "base_url": f"http://127.0.0.1:{provider_port}/v1", "model": model,
        "limit_groups": [f"{name}-limits"], "timeout_seconds": 120,
        "price": {"input_per_million": "0.15", "output_per_million": "0.60"}}},
        "limit_groups": {f"{name}-limits": {
            "requests_per_minute": 1_000_000, "tokens_per_minute": 100_000_000, **limits}}}


class World:
    def __init__(self, context, limits=None, tenants=3, intakes=1, schedulers=1, webhooks=False, answer=None,
                 provider_proxy=None, redis_settings=None, before=(), retry_scale=None, **settings):
        """`limits` are of each pool's limit group; workers call the provider through `provider_proxy`; `before`
        are words in front of every program's; `retry_scale` shortens the waits between attempts at a webhook, in
        thousandths; `settings` are laid over the settings of the end-to-end tests."""
        if retry_scale:
            settings["webhooks"] = {"retry_scale_per_mille": retry_scale}
        self.context, self.report, self.random = context, context.report, random.Random(context.seed)
        self.parts = [provider_proxy]
        self.stack = ChaosStack(context.folder / "stack", limits or {}, provider_proxy, ledger_kind=context.ledger,
                                redis_settings=redis_settings, **settings)
        self.ledger, self.redis = self.stack.ledger, self.stack.redis
        self.fleet = Fleet(self.stack, before)
        self.queue = QueueView(self.redis.port, list(MODELS.values()))
        self.work = Work(self.random, f"s{context.seed}")
        self.known_rows, self.changed_rows, self.lost_allowed = {}, [], set()
        # Processes that a scenario ends behind the fleet's back.
        self.crashes_made = 0
        self.registered = self.own = self.calls = None
        try:
            self.begin(tenants, intakes, schedulers, webhooks, answer)
        except BaseException:
            self.stop()
            raise

    def begin(self, tenants, intakes, schedulers, webhooks, answer):
        self.fleet.start("simulator", wait=False)
        eventually(lambda: self.stack.simulator_answers, "the simulator answers", 60)
        self.calls = CallCollector(self.stack.simulator_port)
        ports = [self.stack.port] + [free_port() for _ in range(intakes - 1)]
        for port in ports:
            self.fleet.start("intake", port=port)
        self.fleet.start("scheduler", schedulers)
        self.work.add_tenants(self.stack, [f"http://127.0.0.1:{port}" for port in ports], tenants)
        if webhooks:
            self.fleet.start("courier", 2)
            self.registered, self.own = Receiver(answer or accept), Receiver(answer or accept)
            for tenant in self.work.tenants:
                tenant.sdk.webhooks.create(name="chaos", url=self.registered.url, event_types=EVENTS)

    @property
    def own_webhook(self):
        return {"url": self.own.url, "secret": SECRET}

    # While it works

    def rest(self, seconds):
        """Time passes; what ended by itself is started again."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(0.2, left))
            self.fleet.mend()

    def wait_for(self, condition, what, seconds=60):
        """Like `eventually`, while processes that ended are started again."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{what}: not within {seconds} s"
            self.rest(0.05)

    def wait_for_calls(self, count, seconds=60):
        self.wait_for(lambda: len(self.calls.calls) >= count, f"{count} provider calls", seconds)

    def snapshot(self):
        """Compares the terminal rows with those seen before: a row never changes."""
        for row in self.ledger.jobs():
            facts = (row["state"], row["finished_ms"], row["request_id"], row["error_class"])
            if self.known_rows.setdefault(row["id"], facts) != facts:
                self.changed_rows.append(row["id"])

    def kill(self, member):
        """SIGKILL; the leases that the process held when it died."""
        self.fleet.kill(member)
        return self.queue.held_by(member.pid) if member.role == "worker" else []

    # To its end

    def wait_for_submission(self, submission, seconds=300):
        self.wait_for(lambda: submission.is_done, "all work is handed in", seconds)
        assert not submission.errors, submission.errors

    @property
    def is_done(self):
        # What is still being handed in may pause, and then all of it has ended for a moment.
        if not all(submission.is_done for submission in self.work.submissions):
            return False
        states = self.ledger.batch_states()
        ended = all(states.get(batch.id) in TERMINAL_BATCHES for batch in self.work.accepted_batches)
        return ended and self.ledger.count("jobs") >= self.work.expected_rows - len(self.lost_allowed)

    def drain(self, submission=None, seconds=120):
        """Waits until all that was promised is there and Redis is empty, or nothing has ended for so long: the checks tell
        what is missing."""
        if submission:
            self.wait_for_submission(submission)
        began, end, rows = time.monotonic(), time.monotonic() + seconds, 0
        while not (self.is_done and not self.queue.leftovers()) and time.monotonic() < end:
            self.rest(0.3)
            if (now := self.ledger.count("jobs")) > rows:
                rows, end = now, time.monotonic() + seconds
        self.wait_for_webhooks(max(10, end - time.monotonic()))
        self.report.note(drained_after_seconds=round(time.monotonic() - began, 1))
        self.calls.read()

    def wait_for_webhooks(self, seconds):
        end = time.monotonic() + seconds
        while self.registered and time.monotonic() < end:
            states = {row["state"] for row in self.ledger.deliveries()}
            if "pending" not in states and not self.ledger.undispatched_events():
                return
            self.rest(0.2)

    def stop(self):
        if self.calls:
            self.calls.stop()
        self.fleet.stop()
        for part in [self.registered, self.own, *self.parts]:
            if part:
                part.stop()
        self.stack.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def accept(number, id):
    return 200
