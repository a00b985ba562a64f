"""Tenants never see each other's anything: for every route that the OpenAPI document has with an id in it, another
tenant's object is refused word for word like one that never was; no list shows it."""

import json

import pytest

from harness.batches import chat, create, line, wait
from harness.processes import ROOT, eventually
from harness.receiver import Receiver
from harness.settings import ANTHROPIC

PATHS = json.loads((ROOT / "Sources/Intake/OpenAPI/openapi.json").read_text())["paths"]
# What stands in a path, by the path's beginning: whose id it is.
KINDS = {"/v1/files/": "file", "/v1/batches/": "batch", "/v1/messages/batches/": "message_batch",
         "/v1/responses/": "response", "/v1/jobs/": "job", "/v1/webhook_endpoints/": "endpoint",
         "/v1/webhook_deliveries/": "delivery"}
BODIES = {("patch", "/v1/jobs/{id}"): {"class": "batch"}, ("patch", "/v1/batches/{id}"): {"class": "batch"},
          ("post", "/v1/webhook_endpoints/{id}"): {"name": "mine"},
          ("post", "/v1/webhook_endpoints/{id}/test"): {"event_type": "batch.completed"}}
CASES = [(method, path, next(kind for start, kind in KINDS.items() if path.startswith(start)))
         for path, methods in PATHS.items() if "{id}" in path and not path.startswith(("/v1/admin", "/v1/models"))
         for method in methods]
LISTS = [path for path, methods in PATHS.items()
         if "get" in methods and "{" not in path and path.startswith(tuple(kind.rstrip("/") for kind in KINDS))]


@pytest.fixture(scope="module")
def theirs(stack):
    """One object of each kind, and a stranger."""
    owner, stranger = stack.tenant(), stack.tenant()
    receiver = Receiver()
    endpoint = owner.sdk.webhooks.create(name="ci", url=receiver.url, event_types=["batch.completed"]).id
    batch = wait(owner, create(owner, [line("one", chat("hello"))]))
    job = owner.web.post("/v1/jobs", {"body": chat("hello")}).json["id"]
    response = owner.sdk.responses.create(model="gpt-4o-mini", input="hello", background=True).id
    made = owner.web.post("/v1/messages/batches", {"requests": [{"custom_id": "a", "params": {
        **chat("hello", model=ANTHROPIC[0]), "max_tokens": 9}}]}).json["id"]
    # Of the message batch there may be one, too.
    delivery, *_ = eventually(lambda: owner.web.get("/v1/webhook_deliveries").json["data"], "a webhook is on its way")
    yield {"file": batch.output_file_id, "batch": batch.id, "job": job, "response": response, "message_batch": made,
           "endpoint": endpoint, "delivery": delivery["id"]}, owner, stranger
    receiver.stop()


def refusal(tenant, method, path, id):
    reply = tenant.web.request(method.upper(), path.replace("{id}", id), BODIES.get((method, path)))
    told = dict(reply.json)
    told.pop("request_id", None)
    return reply.status, told


def never_was(id):
    """An id of the same form that nobody has."""
    return id[:-1] + ("0" if id[-1] != "0" else "1")


@pytest.mark.parametrize("method, path, kind", CASES)
def test_an_object_of_another_tenant(theirs, method, path, kind):
    ids, _, stranger = theirs
    told = refusal(stranger, method, path, ids[kind])
    assert told[0] == 404 and told == refusal(stranger, method, path, never_was(ids[kind])), told


@pytest.mark.parametrize("path", LISTS)
def test_lists(theirs, path):
    ids, owner, stranger = theirs
    assert owner.web.get(path).json["data"], path
    assert stranger.web.get(path).json["data"] == [], path
    told = json.dumps(owner.web.get(path).json)
    assert any(id in told for id in ids.values()), path


def test_what_names_an_object_in_a_body_or_a_query(theirs):
    ids, _, stranger = theirs
    made = stranger.web.post("/v1/batches", {"input_file_id": ids["file"], "endpoint": "/v1/chat/completions",
                                             "completion_window": "24h"})
    assert made.status == 400 and made.json["error"]["code"] == "file_not_found"
    assert stranger.web.get(f"/v1/jobs?batch={ids['batch']}").status == 404
    assert stranger.web.get(f"/v1/webhook_deliveries?endpoint={ids['endpoint']}").json["data"] == []
    for query in ["group_by=batch", "group_by=tenant"]:
        assert stranger.web.get(f"/v1/costs?{query}").json["data"] == []
    assert stranger.web.get("/v1/costs?all_tenants=true").status == 403


def test_the_owner_still_has_it_all(theirs):
    ids, owner, _ = theirs
    for path, kind in [("/v1/files/{id}", "file"), ("/v1/batches/{id}", "batch"), ("/v1/jobs/{id}", "job"),
                       ("/v1/responses/{id}", "response"), ("/v1/messages/batches/{id}", "message_batch"),
                       ("/v1/webhook_endpoints/{id}", "endpoint"), ("/v1/webhook_deliveries/{id}", "delivery")]:
        assert owner.web.get(path.replace("{id}", ids[kind])).status == 200, kind
