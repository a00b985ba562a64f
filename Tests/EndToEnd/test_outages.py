"""A store is away: whoever needs it is told so within a bounded time, with a reason and when to come back."""

import sqlite3
import time

import pytest

from harness.batches import chat, upload
from harness.processes import eventually
from harness.web import Web

BOUND = 20  # seconds that an answer may take


def refused(reply, took, codes):
    assert reply.status in (429, 503), reply
    assert reply.error["code"] in codes, reply
    assert 1 <= int(reply.headers["retry-after"]) <= 60, reply.headers
    assert took < BOUND, f"{took:.1f} s"


def ask(web, method, path, body=None):
    """The answer, and how long it took."""
    began = time.monotonic()
    reply = web.request(method, path, body)
    return reply, time.monotonic() - began


class Things:
    """Something of every kind, made while everything was there."""

    def __init__(self, stack):
        self.stack, self.tenant = stack, stack.tenant()
        self.slow = self.create("[simulate:latency=60000] slow")
        line = '{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{}}'
        self.file, self.spare = upload(self.tenant, [line]), upload(self.tenant, [line])
        self.order = {"input_file_id": self.file.id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        self.batch = self.tenant.web.post("/v1/batches", self.order).json["id"]

    def create(self, prompt):
        reply = self.tenant.web.post("/v1/jobs", {"body": chat(prompt)})
        assert reply.status == 202, reply
        return reply.json["id"]

    @property
    def writes(self):
        """Requests of a tenant that have to write to the ledger."""
        return [
            ("POST", "/v1/jobs", {"body": chat("kept"), "durability": "ledger"}),
            ("POST", "/v1/jobs", {"body": chat("keyed"), "idempotency_key": "k"}),
            ("POST", f"/v1/jobs/{self.slow}/cancel", None),
            ("POST", "/v1/batches", self.order),
            ("POST", "/v1/webhook_endpoints", {"name": "w", "url": "http://127.0.0.1:1/", "event_types": ["job.succeeded"]}),
        ]

    @property
    def deletion(self):
        """Files are in a database of their own, which another one's lock does not concern."""
        return ("DELETE", f"/v1/files/{self.spare.id}", None)

    @property
    def reads(self):
        """Requests of a tenant that have to read the ledger."""
        return [("GET", path, None) for path in [
            "/v1/jobs", f"/v1/jobs/{self.slow}", f"/v1/jobs/{self.slow}/attempts", "/v1/batches", "/v1/files",
            f"/v1/batches/{self.batch}", f"/v1/files/{self.file.id}", f"/v1/files/{self.file.id}/content",
            "/v1/webhook_endpoints", "/v1/costs"]]


@pytest.mark.skipif("config.getoption('--ledger') != 'sqlite'")
def test_a_locked_ledger(new_stack):
    """Another process writes and does not end: in WAL mode whoever reads goes on, whoever writes is refused."""
    stack = new_stack().up()
    things = Things(stack)
    lock = sqlite3.connect(stack.ledger.file, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    for request in things.writes:
        reply, took = ask(things.tenant.web, *request)
        refused(reply, took, ["ledger_unavailable"])
    for request in things.reads:
        reply, took = ask(things.tenant.web, *request)
        assert reply.status == 200 and took < BOUND, (request, reply)
    lock.execute("ROLLBACK")
    assert things.tenant.web.post(f"/v1/jobs/{things.slow}/cancel").json["state"] == "cancelled"


def test_a_stopped_ledger(new_stack):
    stack = new_stack(ledger_kind="mongodb").up()
    things = Things(stack)
    stack.ledger.process.kill()
    for request in [*things.writes, things.deletion, *things.reads]:
        reply, took = ask(things.tenant.web, *request)
        refused(reply, took, ["ledger_unavailable"])
    stack.ledger.start()
    eventually(lambda: things.tenant.web.get("/v1/jobs").status == 200, "the ledger is found again", seconds=60)


def test_a_stopped_redis(new_stack):
    stack = new_stack().up()
    things = Things(stack)
    stack.redis.process.kill()
    for request in [
        ("POST", "/v1/jobs", {"body": chat("any")}), ("GET", "/v1/jobs", None), ("GET", f"/v1/jobs/{things.slow}", None),
        ("POST", f"/v1/jobs/{things.slow}/cancel", None),
    ]:
        reply, took = ask(things.tenant.web, *request)
        # The one that meets the connection's end cannot know whether it was taken.
        refused(reply, took, ["queue_unavailable", "outcome_unknown"])
    for path in ["/v1/batches", "/v1/files", "/v1/costs", f"/v1/batches/{things.batch}"]:
        reply, took = ask(things.tenant.web, "GET", path)
        assert reply.status == 200 and took < BOUND, (path, reply)
    stack.redis.start()
    eventually(lambda: things.tenant.web.post("/v1/jobs", {"body": chat("again")}).status == 202, "jobs are taken again",
               seconds=60)


def readiness(stack, role_offset=0):
    return Web(f"http://127.0.0.1:{stack.operations_port + role_offset}").get("/readyz", timeout=5)


def test_a_full_redis(new_stack):
    stack = new_stack().up()
    things = Things(stack)
    stack.redis.command("config", "set", "maxmemory", "1")
    for offset in (0, 10, 20):  # intake, scheduler, worker
        eventually(lambda: readiness(stack, offset).status == 503, "no work is taken, and readiness says so")
        assert b"OOM" in readiness(stack, offset).body
    reply, took = ask(things.tenant.web, "POST", "/v1/jobs", {"body": chat("no room")})
    refused(reply, took, ["queue_full"])
    assert things.tenant.web.post(f"/v1/jobs/{things.slow}/cancel").json["state"] == "cancelled"
    stack.redis.command("config", "set", "maxmemory", "0")
    assert things.tenant.web.post("/v1/jobs", {"body": chat("room")}).status == 202
    eventually(lambda: readiness(stack).status == 200, "ready by itself again")
