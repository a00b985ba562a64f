"""The log of webhooks: what was sent, sending it again, endpoints that take nothing, and events of responses."""

import json

from harness.processes import eventually
from harness.receiver import Receiver
from harness.settings import NARROW
from test_webhooks import receivers, submit_job, verified  # noqa: F401  (receivers is a fixture)


def log(tenant, query=""):
    return tenant.web.get(f"/v1/webhook_deliveries?{query}").json["data"]


def test_deliveries_are_listed_and_sent_again(tenant, other_tenant, receivers):
    answers = {"status": 500}
    receiver = receivers(lambda number, id: answers["status"])
    endpoint = tenant.sdk.webhooks.create(name="ci", url=receiver.url, event_types=["job.succeeded"])
    jobs = [submit_job(tenant, f"{n}") for n in range(3)]
    eventually(lambda: len(log(tenant, "state=pending")) == 3, "three wait")
    [newest, *_] = log(tenant)
    assert newest["object"] == "webhook_delivery" and newest["webhook_endpoint_id"] == endpoint.id
    assert newest["event_type"] == "job.succeeded" and newest["event"]["data"]["id"] in jobs
    eventually(lambda: all(each["last_status_code"] == 500 and each["attempts"] for each in log(tenant)), "all were tried")
    answers["status"] = 200
    replayed = tenant.web.post(f"/v1/webhook_deliveries/{newest['id']}/replay", {}).json
    assert replayed["id"] == newest["id"] and replayed["event"] == newest["event"]
    eventually(lambda: len(log(tenant, "state=delivered")) == 3, "all are delivered")
    assert tenant.web.post(f"/v1/webhook_deliveries/{newest['id']}/replay", {}).json["state"] == "pending"
    eventually(lambda: len([each for each in receiver.taken if each.id == newest["id"]]) == 2, "it came again")
    bodies = {each.body for each in receiver.received if each.id == newest["id"]}
    assert len(bodies) == 1 and json.loads(bodies.pop()) == newest["event"]
    page = tenant.web.get("/v1/webhook_deliveries?limit=2").json
    rest = tenant.web.get(f"/v1/webhook_deliveries?limit=2&after={page['last_id']}").json
    assert page["has_more"] and len({each["id"] for each in page["data"] + rest["data"]}) == 3
    assert log(tenant, "endpoint=whe_none") == [] and tenant.web.get("/v1/webhook_deliveries?state=x").status == 400
    assert log(other_tenant) == []
    for method, path in [("GET", ""), ("POST", "/replay")]:
        reply = other_tenant.web.request(method, f"/v1/webhook_deliveries/{newest['id']}{path}")
        assert reply.status == 404 and reply.json["error"]["code"] == "not_found"
    tenant.sdk.webhooks.delete(endpoint.id)
    reply = tenant.web.post(f"/v1/webhook_deliveries/{newest['id']}/replay", {})
    assert reply.status == 409 and reply.json["error"]["code"] == "webhook_endpoint_gone"


def test_an_endpoint_that_takes_nothing_for_long_is_disabled(new_stack, receivers):
    # 3.6 s instead of an hour.
    stack = new_stack(webhooks={"retry_scale_per_mille": 1, "disable_after_hours": 1}).up()
    tenant = stack.tenant()
    broken, good = receivers(lambda number, id: 503), receivers()
    endpoint = tenant.sdk.webhooks.create(name="broken", url=broken.url, event_types=["job.succeeded"])
    watcher = tenant.sdk.webhooks.create(name="watch", url=good.url, event_types=["webhook_endpoint.disabled"])
    secret = watcher.signing_secret

    def disabled():
        submit_job(tenant, "hello")
        found = tenant.web.get(f"/v1/webhook_endpoints/{endpoint.id}").json
        assert found["failing_since"] or not found["disabled_at"]
        return found if found["disabled_at"] else None

    found = eventually(disabled, "it is disabled", seconds=40, pause=0.5)
    assert found["disabled_reason"] == "failing"
    [told] = eventually(lambda: good.taken, "the owner is told")
    event = verified(tenant, told, secret)
    assert event.type == "webhook_endpoint.disabled" and event.data.id == endpoint.id
    eventually(lambda: not log(tenant, "state=pending"), "nothing waits for it")
    back = tenant.sdk.webhooks.update(endpoint.id, name="back", url=good.url, event_types=["job.succeeded"])
    assert back.disabled_at is None and back.failing_since is None
    job = submit_job(tenant, "hello again")
    eventually(lambda: any(job in each.body.decode() for each in good.taken), "it is sent again")


def test_events_of_responses_verify_and_type(tenant, receivers):
    receiver = receivers()
    endpoint = tenant.sdk.webhooks.create(name="r", url=receiver.url, event_types=[
        "response.completed", "response.failed", "response.cancelled", "response.incomplete"])
    make = lambda text, model="gpt-4o-mini", **more: tenant.sdk.responses.create(  # noqa: E731
        model=model, input=text, background=True, **more).id
    wanted = {make("hello", max_output_tokens=4000): {"response.completed", "response.incomplete"},
              make("write a long story", max_output_tokens=1): {"response.incomplete"},
              make("[simulate:400] x"): {"response.failed"}}
    cancelled = make("[simulate:latency=20000] x", NARROW[10])
    tenant.sdk.responses.cancel(cancelled)
    wanted[cancelled] = {"response.cancelled"}
    eventually(lambda: len(receiver.taken) >= 4, "all are told")
    events = [verified(tenant, each, endpoint.signing_secret) for each in receiver.taken]
    assert {event.data.id for event in events} == set(wanted) and len(events) == 4
    for event in events:
        assert event.type in wanted[event.data.id] and type(event).__name__.startswith("Response"), event
