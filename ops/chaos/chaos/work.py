"""Seeded work of several tenants, handed in through the public API; what was promised for each piece is remembered."""

import dataclasses
import itertools
import json
import threading
import time
import uuid

from .calls import now_ms
from .client import Client

MODELS = {"alpha-model": "alpha", "beta-model": "beta"}
CHAT = "/v1/chat/completions"
TERMINAL_BATCHES = {"completed", "failed", "expired", "cancelled"}


@dataclasses.dataclass
class Item:
    """One request. `key` is its tag at the provider and its idempotency key, or its custom_id in a batch."""
    key: str
    tenant: object
    body: dict
    durability: str = "redis"
    webhook: dict | None = None
    id: str | None = None
    asked_ms: float | None = None
    accepted_ms: float | None = None


@dataclasses.dataclass
class Batch:
    tenant: object
    items: list
    id: str | None = None
    webhook: dict | None = None
    is_of_messages: bool = False

    @property
    def messages_id(self):
        """Its id as a batch of messages."""
        return "msg" + self.id


class Work:
    def __init__(self, random, tag):
        self.random, self.tag, self.numbers = random, tag, itertools.count(1)
        self.tenants, self.jobs, self.batches, self.submissions = [], [], [], []

    def add_tenants(self, stack, urls, count):
        for number in range(count):
            tenant = stack.tenant(f"tenant-{number + 1}", weight=1 + number)
            tenant.client = Client(urls, tenant.key)
            self.tenants.append(tenant)

    # What is made

    def item(self, tenant, latency, models, words=12, **more):
        key = f"{self.tag}-{next(self.numbers)}"
        marker = f"[simulate:tag={key}][simulate:latency={self.random.randint(*latency)}]"
        words = " ".join(self.random.choice(["water", "gate", "pipe", "turbine", "flow"]) for _ in range(words))
        body = {"model": self.random.choice(models), "max_tokens": 16,
                "messages": [{"role": "user", "content": f"{marker} {words}"}]}
        return Item(key, tenant, body, **more)

    def make_jobs(self, count, latency=(100, 400), models=tuple(MODELS), durabilities=("redis", "ledger"), webhook=None,
                  words=12):
        """Single jobs of all tenants; every fourth gets the `webhook` of its own where one is given."""
        made = []
        for number in range(count):
            tenant = self.tenants[number % len(self.tenants)]
            own = webhook if webhook and number % 4 == 0 else None
            made.append(self.item(
                tenant, latency, models, words, durability=self.random.choice(durabilities), webhook=own))
        self.jobs += made
        return made

    def make_batch(self, tenant, lines, latency=(100, 400), models=tuple(MODELS), **more):
        batch = Batch(tenant, [self.item(tenant, latency, models) for _ in range(lines)], **more)
        self.batches.append(batch)
        return batch

    # How it is handed in

    def post_job(self, item, seconds=240):
        order = {"body": item.body, "durability": item.durability}
        if item.webhook:
            order["webhook"] = item.webhook
        item.asked_ms = now_ms()
        reply = item.tenant.client.request("POST", "/v1/jobs", order, {"Idempotency-Key": item.key}, seconds=seconds)
        item.id, item.accepted_ms = reply.json["id"], now_ms()

    def post_batch(self, batch):
        key = {"Idempotency-Key": f"batch-{batch.items[0].key}"}
        if batch.is_of_messages:
            order = {"requests": [{"custom_id": item.key, "params": item.body} for item in batch.items]}
            made = batch.tenant.client.request("POST", "/v1/messages/batches", order, key).json["id"]
            batch.id = made.removeprefix("msg")
            return
        lines = [json.dumps({"custom_id": item.key, "method": "POST", "url": CHAT, "body": item.body})
                 for item in batch.items]
        file = upload(batch.tenant.client, "\n".join(lines) + "\n")
        order = {"input_file_id": file, "endpoint": CHAT, "completion_window": "24h"}
        if batch.webhook:
            order["webhook"] = batch.webhook
        batch.id = batch.tenant.client.request("POST", "/v1/batches", order, key).json["id"]

    def hand_in(self, jobs=(), batches=(), rate=None, threads=6):
        """Begins to hand in; `rate` is jobs per second."""
        self.submissions.append(Submission(self, list(jobs), list(batches), rate, threads))
        return self.submissions[-1]

    # What was promised

    @property
    def accepted_jobs(self):
        return [item for item in self.jobs if item.id]

    @property
    def accepted_batches(self):
        return [batch for batch in self.batches if batch.id]

    @property
    def expected_rows(self):
        return len(self.accepted_jobs) + sum(len(batch.items) for batch in self.accepted_batches)

    def keys_by_id(self):
        """Public id of a job → its key."""
        found = {item.id: item.key for item in self.accepted_jobs}
        for batch in self.accepted_batches:
            suffix = batch.id.removeprefix("batch_")
            found.update((f"batch_req_{suffix}_{number}", item.key) for number, item in enumerate(batch.items, 1))
        return found


class Submission:
    """Hands work in from threads of its own. Batches go first, each from its own thread."""

    def __init__(self, work, jobs, batches, rate, threads):
        self.work, self.errors, self.lock = work, [], threading.Lock()
        self.jobs, self.rate, self.began, self.given = iter(jobs), rate, time.monotonic(), 0
        bodies = [lambda batch=batch: work.post_batch(batch) for batch in batches]
        bodies += [self.post_jobs] * (min(threads, len(jobs)) if jobs else 0)
        self.threads = [threading.Thread(target=self.guarded, args=[body], daemon=True) for body in bodies]
        for thread in self.threads:
            thread.start()

    def guarded(self, body):
        try:
            body()
        except Exception as error:
            with self.lock:
                self.errors.append(repr(error))

    def post_jobs(self):
        while item := self.next_job():
            self.work.post_job(item)

    def next_job(self):
        with self.lock:
            item, self.given = next(self.jobs, None), self.given + 1
            due = self.began + self.given / self.rate if self.rate else 0
        if item and due > time.monotonic():
            time.sleep(due - time.monotonic())
        return item

    @property
    def is_done(self):
        return not any(thread.is_alive() for thread in self.threads)


def upload(client, content):
    """A file for a batch. A repetition after a broken connection makes a second file, which harms nobody."""
    boundary = uuid.uuid4().hex
    body = (f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="requests.jsonl"\r\n'
            f"Content-Type: application/jsonl\r\n\r\n{content}\r\n--{boundary}--\r\n").encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return client.request("POST", "/v1/files", body, headers).json["id"]
