"""Webhooks: endpoints through the OpenAI SDK, and deliveries that both libraries verify."""

import base64
import collections
import json
import os
import signal
import sys

import openai
import pytest
import standardwebhooks

from harness.batches import chat, chat_lines, create, wait
from harness.processes import ROOT, Process, eventually
from harness.receiver import Receiver

JOB_TYPES = ["job.succeeded", "job.failed", "job.expired", "job.cancelled"]
RESPONSE_TYPES = ["response.completed", "response.failed", "response.cancelled", "response.incomplete"]
BATCH_TYPES = ["batch.completed", "batch.failed", "batch.expired", "batch.cancelled"]


@pytest.fixture
def receivers():
    made = []

    def make(*arguments):
        made.append(Receiver(*arguments))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def new_secret():
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


def verified(tenant, received, secret):
    """The event, once both libraries have found its signature good."""
    event = tenant.sdk.webhooks.unwrap(received.body, received.headers, secret=secret)
    assert standardwebhooks.Webhook(secret).verify(received.body, received.headers) == json.loads(received.body)
    return event


def submit_job(tenant, text, **fields):
    reply = tenant.web.post("/v1/jobs", {"body": chat(text), **fields})
    assert reply.status == 202, reply
    return reply.json["id"]


def test_endpoints_through_the_sdk(tenant, other_tenant, receivers):
    webhooks, receiver = tenant.sdk.webhooks, receivers()
    assert set(webhooks.event_types.list().data) == {*JOB_TYPES, *BATCH_TYPES, *RESPONSE_TYPES, "webhook_endpoint.disabled"}
    made = webhooks.create(name="ci", url=receiver.url, event_types=["batch.completed", "batch.failed"])
    assert made.object == "webhook_endpoint" and made.id.startswith("whe_") and made.signing_secret.startswith("whsec_")
    assert made.signing_secret_hint.endswith(made.signing_secret[-4:]) and made.created_at == made.updated_at
    found = webhooks.retrieve(made.id)
    assert (found.name, found.url, found.event_types) == ("ci", receiver.url, ["batch.completed", "batch.failed"])
    assert not hasattr(found, "signing_secret")
    changed = webhooks.update(made.id, name="new", url=receiver.url, event_types=["batch.completed"])
    assert (changed.name, changed.event_types) == ("new", ["batch.completed"])
    others = [webhooks.create(name=f"n{n}", url=receiver.url, event_types=["batch.failed"]) for n in range(4)]
    assert [each.id for each in webhooks.list(limit=2)] == [each.id for each in reversed([made, *others])]

    rotated = webhooks.rotate_secret(made.id, keep_old_secret_active_for_24_hours=True)
    assert rotated.signing_secret != made.signing_secret
    result = webhooks.test(made.id, event_type="batch.completed")
    assert (result.object, result.status_code, result.success) == ("webhook_endpoint.test", 200, True)
    [sample] = receiver.taken
    for secret in [rotated.signing_secret, made.signing_secret]:
        assert verified(tenant, sample, secret).type == "batch.completed"
    webhooks.rotate_secret(made.id)
    webhooks.test(made.id, event_type="batch.completed")
    with pytest.raises(openai.InvalidWebhookSignatureError):
        verified(tenant, receiver.taken[-1], made.signing_secret)

    with pytest.raises(openai.NotFoundError):
        other_tenant.sdk.webhooks.retrieve(made.id)
    with pytest.raises(openai.BadRequestError, match="batch.completed, batch.failed"):
        webhooks.create(name="x", url=receiver.url, event_types=["video.completed"])
    assert webhooks.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        webhooks.retrieve(made.id)


def test_a_batch_tells_its_end(tenant, receivers):
    registered, own, secret = receivers(), receivers(), new_secret()
    endpoint = tenant.sdk.webhooks.create(name="all", url=registered.url, event_types=BATCH_TYPES)
    batch = create(tenant, chat_lines(20), extra_body={"webhook": {"url": own.url, "secret": secret}})
    ended = wait(tenant, batch)
    eventually(lambda: registered.taken and own.taken, "both are told", 60)
    for receiver, key in [(registered, endpoint.signing_secret), (own, secret)]:
        [received] = receiver.received
        event = verified(tenant, received, key)
        assert (event.type, event.object, event.data.id) == ("batch.completed", "event", batch.id)
        assert event.id == f"evt_{batch.id}" and event.created_at == ended.completed_at
        assert ended.status == "completed" and ended.request_counts.completed == 20
    assert registered.received[0].body == own.received[0].body and registered.received[0].id != own.received[0].id


def test_jobs_tell_their_end(tenant, receivers):
    receiver = receivers()
    endpoint = tenant.sdk.webhooks.create(name="jobs", url=receiver.url, event_types=JOB_TYPES)
    good = submit_job(tenant, "fine")
    bad = submit_job(tenant, "[simulate:400] wrong")
    kept = submit_job(tenant, "kept", durability="ledger")
    eventually(lambda: len(receiver.taken) == 3, "three are told", 60)
    types = {event.data.id: event.type
             for event in (verified(tenant, each, endpoint.signing_secret) for each in receiver.taken)}
    assert types == {good: "job.succeeded", bad: "job.failed", kept: "job.succeeded"}


def test_a_jobs_own_webhook(tenant, receivers):
    receiver, secret = receivers(), new_secret()
    for durability in ["redis", "ledger"]:
        job = submit_job(tenant, f"own {durability}", durability=durability,
                         webhook={"url": receiver.url, "secret": secret})
        eventually(lambda: any(job in each.id for each in receiver.taken), "told", 60)
        assert verified(tenant, receiver.taken[-1], secret).data.id == job
    for wrong in [{"url": receiver.url}, {"url": receiver.url, "secret": "short"}, {"url": "x", "secret": secret}]:
        reply = tenant.web.post("/v1/jobs", {"body": chat("x"), "webhook": wrong})
        assert reply.status == 400 and reply.json["error"]["param"].startswith("webhook."), reply


def test_a_receiver_that_is_gone_is_left_alone(tenant, receivers):
    receiver = receivers(lambda number, id: 410)
    endpoint = tenant.sdk.webhooks.create(name="gone", url=receiver.url, event_types=JOB_TYPES)
    submit_job(tenant, "gone")
    eventually(lambda: tenant.sdk.webhooks.retrieve(endpoint.id).disabled_at, "it is disabled", 60)
    changed = tenant.sdk.webhooks.update(endpoint.id, name="back", url=receivers().url, event_types=JOB_TYPES)
    assert changed.disabled_at is None


def test_the_example_receiver(tenant, tmp_path):
    key = tmp_path / "key"
    key.write_text(tenant.key)
    example = Process([sys.executable, ROOT / "ops/examples/webhook_receiver.py", "--register", tenant.stack.url,
                       "--api-key-file", key], tmp_path / "receiver.log")
    try:
        eventually(lambda: "listening" in example.log.read_text(), "it listens")
        [endpoint] = tenant.sdk.webhooks.list().data
        assert tenant.sdk.webhooks.test(endpoint.id, event_type="batch.expired").status_code == 204
        job = submit_job(tenant, "example")
        eventually(lambda: f"job.succeeded  {job}" in example.log.read_text(), "it prints the event", 60)
        # What somebody else signed is refused.
        tenant.sdk.webhooks.rotate_secret(endpoint.id)
        assert tenant.sdk.webhooks.test(endpoint.id, event_type="batch.expired").status_code == 400
        os.kill(example.pid, signal.SIGINT)
        assert example.wait(10) == 0 and not tenant.sdk.webhooks.list().data
    finally:
        if example.is_running:
            example.kill()


def test_private_addresses_are_refused_unless_allowed(new_stack):
    stack = new_stack(webhooks={"allow_private_addresses": False}).up()
    tenant = stack.tenant()
    receiver = Receiver()
    try:
        for url in [receiver.url, receiver.url.replace("127.0.0.1", "localhost"), "http://169.254.169.254/latest"]:
            endpoint = tenant.sdk.webhooks.create(name="ssrf", url=url, event_types=JOB_TYPES)
            with pytest.raises(openai.BadRequestError, match="private or reserved"):
                tenant.sdk.webhooks.test(endpoint.id, event_type="batch.failed")
        submit_job(tenant, "ssrf")

        def errors():
            return [each["last_error"] for each in stack.ledger.deliveries() if each["attempts"] > 0]

        eventually(lambda: len(errors()) == 3, "all were tried", 60)
        assert set(errors()) == {"the receiver's address is private or reserved"}
        assert receiver.received == []
    finally:
        receiver.stop()


def test_a_killed_courier_loses_nothing(new_stack):
    """The courier dies in the middle of attempts; the next one sends them again, under the same ids and bodies."""
    stack = new_stack(webhooks={"timeout_seconds": 1}).up()
    tenant, release = stack.tenant(), []
    receiver = Receiver(lambda number, id: 200 if release else 503)
    try:
        endpoint = tenant.sdk.webhooks.create(name="k", url=receiver.url, event_types=JOB_TYPES)
        jobs = {submit_job(tenant, f"kill {n}") for n in range(50)}
        eventually(lambda: len(receiver.received) >= 30, "attempts are made", 60)
        stack.kill("courier")
        release.append(True)
        eventually(lambda: len({each.id for each in receiver.taken}) == 50, "all are told", 120)
        bodies = {}
        for each in receiver.received:
            assert bodies.setdefault(each.id, each.body) == each.body, "one id, one body"
        events = [verified(tenant, each, endpoint.signing_secret) for each in receiver.taken]
        assert {event.data.id for event in events} == jobs
    finally:
        receiver.stop()


@pytest.mark.large
def test_two_thousand_to_a_receiver_that_refuses_every_third(new_stack):
    """Chance refuses one webhook in 59,049 ten times in a row, which is given up, and rightly so; to have them all
    delivered, the receiver relents after the fifth time."""
    stack = new_stack(webhooks={"retry_scale_per_mille": 1}).up()
    tenant, refused = stack.tenant(), collections.Counter()

    def every_third(number, id):
        if number % 3 or refused[id] == 5:
            return 200
        refused[id] += 1
        return 503

    receiver = Receiver(every_third)
    try:
        endpoint = tenant.sdk.webhooks.create(name="third", url=receiver.url, event_types=JOB_TYPES)
        jobs = {submit_job(tenant, f"third {n}") for n in range(2000)}
        eventually(lambda: len({each.id for each in receiver.taken}) == 2000, "all are delivered", 300)
        eventually(lambda: len(stack.ledger.deliveries(state="delivered")) == 2000, "the ledger knows", 60)
        bodies = {}
        for each in receiver.received:
            assert bodies.setdefault(each.id, each.body) == each.body, "one id, one body"
        assert len(bodies) == 2000 and len(receiver.received) >= 2900
        events = [verified(tenant, each, endpoint.signing_secret) for each in receiver.taken]
        assert {event.data.id for event in events} == jobs and {event.type for event in events} == {"job.succeeded"}
        assert stack.ledger.undispatched_events() == 0
    finally:
        receiver.stop()
