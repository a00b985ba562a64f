"""What is taken in, what it waits for, and what callers and operators change about it."""

import pytest

from harness.batches import CHAT, chat, chat_lines, create, results, upload, wait
from harness.processes import eventually
from harness.settings import NARROW, pool_name
from test_jobs import finish, occupy, submit

CAPS, CHANGED, HELD, WAITING = NARROW[6], NARROW[7], NARROW[8], NARROW[9]


def set_tenant(stack, tenant, **fields):
    reply = stack.admin.put(f"/v1/admin/tenants/{tenant.name}", fields)
    assert reply.status == 200, reply
    return reply.json


def look(tenant, job):
    return tenant.web.get(f"/v1/jobs/{job['id']}").json


def waits_for(tenant, job, reason):
    eventually(lambda: look(tenant, job)["waiting_for"] == reason, f"{job['id']} waits for {reason}")


def pool_object(stack, model):
    reply = stack.admin.get("/v1/admin/pools?tenants=200")
    assert reply.status == 200, reply
    [found] = [each for each in reply.json["data"] if each["id"] == pool_name(model)]
    return found


def test_a_tenants_cap_refuses_with_numbers(stack, tenant):
    set_tenant(stack, tenant, max_jobs=2)
    occupant = occupy(tenant, CAPS, milliseconds=20_000)
    body = {"body": chat("second", model=CAPS), "idempotency_key": "once"}
    second = tenant.web.post("/v1/jobs", body)
    assert second.status == 202
    for durability in ["redis", "ledger"]:
        refused = tenant.web.post("/v1/jobs", {"body": chat("third", model=CAPS), "durability": durability})
        assert refused.status == 429 and refused.error["code"] == "tenant_jobs_limit", refused
        assert refused.error["type"] == "rate_limit_error" and " 2 " in refused.error["message"]
        assert 1 <= int(refused.headers["retry-after"]) <= 60
    again = tenant.web.post("/v1/jobs", body)
    assert again.status == 202 and again.json["id"] == second.json["id"], "a known job is no new one"
    set_tenant(stack, tenant, max_jobs=None)
    third = submit(tenant, chat("third", model=CAPS))
    for job in [occupant, second.json, third]:
        assert tenant.web.post(f"/v1/jobs/{job['id']}/cancel").status == 200


def test_caps_count_bytes_and_tokens(stack, tenant):
    occupant = occupy(tenant, CAPS, milliseconds=20_000)
    for field, code in [("max_bytes", "tenant_bytes_limit"), ("max_tokens", "tenant_tokens_limit")]:
        set_tenant(stack, tenant, max_bytes=None, max_tokens=None)
        set_tenant(stack, tenant, **{field: 400})
        refused = tenant.web.post("/v1/jobs", {"body": chat("word " * 1000, model=CAPS)})
        assert refused.status == 429 and refused.error["code"] == code, refused
    tenant.web.post(f"/v1/jobs/{occupant['id']}/cancel")


def test_a_request_that_no_limit_could_grant_is_refused_for_good(tenant):
    body = chat("huge", model=CAPS) | {"max_tokens": 1_000_000, "n": 128}
    refused = tenant.web.post("/v1/jobs", {"body": body})
    assert refused.status == 400 and refused.error["code"] == "request_exceeds_rate_limit", refused
    assert "100000000 per minute" in refused.error["message"]
    assert tenant.web.post("/v1/jobs", {"body": body | {"n": 1}}).status == 202


def test_a_deadline_that_cannot_be_met_is_refused(stack, tenant):
    jobs = [submit(tenant, chat("[simulate:latency=2000]", model="gpt-4o")) for _ in range(45)]
    for job in jobs:
        finish(tenant, job)
    eventually(lambda: [
        time for target in pool_object(stack, "gpt-4o")["targets"]
        if (time := target["service_time_ms"]) and time["samples"] >= 20], "calls are known to be long")
    body = {"body": chat("[simulate:latency=2000]", model="gpt-4o"), "deadline": "1s"}
    refused = tenant.web.post("/v1/jobs", body)
    assert refused.status == 429, refused
    assert refused.error["code"] == "deadline_unmeetable" and refused.error["param"] == "deadline"
    assert "queue_anyway" in refused.error["message"] and 1 <= int(refused.headers["retry-after"]) <= 60
    anyway = tenant.web.post("/v1/jobs", {**body, "queue_anyway": True})
    assert anyway.status == 202 and "expected_start_in_seconds" in anyway.json
    tenant.web.post(f"/v1/jobs/{anyway.json['id']}/cancel")


def test_a_waiting_job_says_why_and_where(tenant):
    occupant = occupy(tenant, WAITING, milliseconds=20_000)
    first, second = (submit(tenant, chat("wait", model=WAITING)) for _ in range(2))
    waits_for(tenant, first, "slots")
    assert [look(tenant, job)["position"] for job in [first, second]] == [0, 1]
    running = look(tenant, occupant)
    assert running["state"] == "running" and running["waiting_for"] is None
    assert running["position"] is None and running["expected_start_in_seconds"] is None
    for job in [occupant, first, second]:
        tenant.web.post(f"/v1/jobs/{job['id']}/cancel")


def test_an_earlier_deadline_goes_first(stack, tenant):
    occupant = occupy(tenant, CHANGED, milliseconds=20_000)
    first, second = (submit(tenant, chat("order", model=CHANGED)) for _ in range(2))
    changed = tenant.web.patch(f"/v1/jobs/{second['id']}", {"deadline": "10m", "class": "interactive"})
    assert changed.status == 200, changed
    assert changed.json["class"] == "interactive" and changed.json["deadline_at"] < first["deadline_at"]
    tenant.web.post(f"/v1/jobs/{occupant['id']}/cancel")
    ends = [finish(tenant, job) for job in [second, first]]
    assert [job["state"] for job in ends] == ["succeeded"] * 2 and ends[0]["class"] == "interactive"
    starts = [tenant.web.get(f"/v1/jobs/{job['id']}/attempts").json["data"][0]["started_at"] for job in [second, first]]
    assert starts == sorted(starts)
    late = tenant.web.patch(f"/v1/jobs/{second['id']}", {"class": "batch"})
    assert late.status == 409 and late.error["code"] == "job_finished" and late.headers["x-should-retry"] == "false"


def test_a_change_honours_the_keys_classes(stack, tenant):
    batch_only = stack.tenant(tenant.name, classes=["batch"])
    occupant = occupy(tenant, CHANGED, milliseconds=20_000)
    job = submit(tenant, chat("class", model=CHANGED))
    refused = batch_only.web.patch(f"/v1/jobs/{job['id']}", {"class": "interactive"})
    assert refused.status == 403 and refused.error["code"] == "class_not_allowed"
    assert batch_only.web.patch(f"/v1/jobs/{job['id']}", {"class": "batch"}).json["class"] == "batch"
    for each in [occupant, job]:
        tenant.web.post(f"/v1/jobs/{each['id']}/cancel")


def test_a_paused_tenant_waits(stack, tenant):
    assert set_tenant(stack, tenant, paused=True)["paused"] is True
    job = submit(tenant, chat("paused"))
    waits_for(tenant, job, "paused")
    set_tenant(stack, tenant, paused=False)
    assert finish(tenant, job)["state"] == "succeeded"


@pytest.mark.parametrize("kind", ["pools", "targets"])
def test_a_paused_pool_or_target_waits(stack, tenant, kind):
    name = pool_name(HELD) if kind == "pools" else f"{HELD}-target"
    paused = stack.admin.post(f"/v1/admin/{kind}/{name}/pause", {"reason": "night"})
    assert paused.status == 200 and paused.json["paused"] and paused.json["reason"] == "night", paused
    seen = pool_object(stack, HELD)
    held = seen if kind == "pools" else seen["targets"][0]
    assert held["pause_reason"] == "night" and held["paused_by"].startswith("key_") and held["paused_at"]
    assert seen["paused"] is (kind == "pools") and (kind == "pools" or held["state"] == "paused")
    job = submit(tenant, chat("held", model=HELD))
    waits_for(tenant, job, "paused")
    resumed = stack.admin.post(f"/v1/admin/{kind}/{name}/resume")
    assert resumed.status == 200 and resumed.json["paused"] is False and resumed.json["paused_by"] is None
    assert finish(tenant, job)["state"] == "succeeded"
    assert tenant.web.post(f"/v1/admin/{kind}/{name}/pause").status == 403
    assert stack.admin.post(f"/v1/admin/{kind}/none/pause").status == 404


def test_operators_see_everything(stack, tenant):
    for _ in range(25):
        finish(tenant, submit(tenant, chat("seen")))
    eventually(lambda: pool_object(stack, "gpt-4o-mini")["models"], "the model's estimates are measured")
    seen = pool_object(stack, "gpt-4o-mini")
    assert seen["object"] == "pool" and seen["configured"] and not seen["paused"]
    assert seen["taken_jobs"] >= 25 and seen["taken_tokens"] > 0
    [target] = seen["targets"]
    assert target["id"] == "gpt-4o-mini-target" and target["state"] == "available"
    [group] = seen["limit_groups"]
    limits = {limit["dimension"]: limit for limit in group["limits"]}
    assert limits["requests"]["per_minute"] == 100_000 and 0 <= limits["tokens"]["use"] <= 1.1
    assert not limits["tokens"]["learned"] and group["max_running"] == 128
    [model] = [each for each in seen["models"] if each["id"] == "gpt-4o-mini"]
    assert model["samples"] >= 20 and 0.25 <= model["input_ratio"] <= 4 and model["output_p90"] >= 1


def test_a_batch_is_paused_changed_and_resumed(stack, tenant):
    lines = chat_lines(40, model=HELD, prompt="[simulate:latency=100]")
    batch = create(tenant, lines, window="1h")
    eventually(lambda: tenant.sdk.batches.retrieve(batch.id).request_counts.completed > 0, "it runs")
    paused = tenant.web.post(f"/v1/batches/{batch.id}/pause")
    assert paused.status == 200 and paused.json["penstock"]["paused_at"], paused
    tenant.web.post(f"/v1/batches/{batch.id}/pause")
    # What ran when the scheduler held the rest may still end; then nothing does.
    eventually(lambda: pool_object(stack, HELD)["running"] == 0 and pool_object(stack, HELD)["waiting"] == 0, "it rests")
    count = tenant.sdk.batches.retrieve(batch.id).request_counts.completed
    assert finish(tenant, submit(tenant, chat("meanwhile", model=HELD)))["state"] == "succeeded"
    assert tenant.sdk.batches.retrieve(batch.id).request_counts.completed <= count + 1 < 40
    changed = tenant.web.patch(f"/v1/batches/{batch.id}", {"class": "interactive", "deadline": "30m"})
    assert changed.status == 200 and changed.json["penstock"]["class"] == "interactive", changed
    assert changed.json["expires_at"] < batch.expires_at
    assert tenant.web.post(f"/v1/batches/{batch.id}/resume").json["penstock"]["paused_at"] is None
    assert wait(tenant, batch).request_counts.completed == 40
    late = tenant.web.post(f"/v1/batches/{batch.id}/pause")
    assert late.status == 409 and late.error["code"] == "batch_finished"


def test_a_batch_keeps_to_its_cost(tenant):
    # One line is at most a few input tokens and 16 output tokens: about 0.00002 dollars.
    lines = chat_lines(30)
    batch = create(tenant, lines, metadata={"penstock_max_cost_usd": "0.0002"})
    assert batch.model_extra["penstock"]["max_cost_usd"] == "0.0002"
    done = wait(tenant, batch)
    assert done.status == "completed" and 0 < done.request_counts.completed < 30
    assert float(done.model_extra["cost_usd"]) <= 0.0002
    _, errors = results(tenant, done)
    assert {each["error"]["code"] for each in errors} == {"penstock_max_cost_reached"}
    wrong = tenant.web.post("/v1/batches", {
        "input_file_id": upload(tenant, lines).id, "endpoint": CHAT, "completion_window": "24h",
        "metadata": {"penstock_max_cost_usd": "none"}})
    assert wrong.status == 400 and wrong.error["code"] == "invalid_max_cost"
