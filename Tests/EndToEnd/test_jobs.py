"""Single jobs: Penstock's own API."""

import time
import uuid

import pytest

from harness.batches import chat
from harness.processes import eventually
from harness.settings import NARROW

TERMINAL = {"succeeded", "failed", "expired", "cancelled"}


def submit(tenant, body, **fields):
    reply = tenant.web.post("/v1/jobs", {"body": body, **fields})
    assert reply.status == 202, reply
    return reply.json


def finish(tenant, job, seconds=60):
    """The job in its terminal state, by long polls."""
    def ended():
        reply = tenant.web.get(f"/v1/jobs/{job['id']}?wait=5")
        assert reply.status == 200, reply
        return reply.json if reply.json["state"] in TERMINAL else None
    return eventually(ended, f"job {job['id']} ends", seconds)


def attempts(tenant, job):
    return tenant.web.get(f"/v1/jobs/{job['id']}/attempts").json["data"]


def occupy(tenant, model, milliseconds=3000):
    """Keeps a narrow pool busy, and waits until it is."""
    job = submit(tenant, chat(f"[simulate:latency={milliseconds}]", model=model))
    eventually(lambda: tenant.web.get(f"/v1/jobs/{job['id']}").json["state"] == "running", "the occupant runs")
    return job


def test_accepted_then_answered(tenant):
    reply = tenant.web.post("/v1/jobs", {"body": chat("one job"), "tags": {"feature": "search"}, "metadata": {"k": "v"}})
    job = reply.json
    assert reply.status == 202 and reply.headers["location"] == f"/v1/jobs/{job['id']}"
    assert reply.headers["x-request-id"]
    assert job["object"] == "job" and job["durability"] == "redis" and job["state"] not in TERMINAL
    assert job["class"] == "standard" and job["deadline_at"] == pytest.approx(job["created_at"] + 86_400, abs=2)
    assert tenant.web.get(f"/v1/jobs/{job['id']}").status == 200, "read your writes"
    done = finish(tenant, job)
    assert done["state"] == "succeeded" and done["attempts"] == 1 and done["error"] is None
    assert done["result"]["status_code"] == 200 and done["result"]["body"]["object"] == "chat.completion"
    usage = done["result"]["body"]["usage"]
    assert (done["usage"]["input_tokens"], done["usage"]["output_tokens"]) == (
        usage["prompt_tokens"], usage["completion_tokens"])
    assert done["tags"] == {"feature": "search"} and done["metadata"] == {"k": "v"} and float(done["cost_usd"]) > 0
    [attempt] = attempts(tenant, job)
    assert attempt["outcome"] == "succeeded" and attempt["cost_usd"] == done["cost_usd"]


def test_wait_ends_as_soon_as_the_job_does(tenant):
    job = submit(tenant, chat("[simulate:latency=1500]"))
    began = time.monotonic()
    reply = tenant.web.get(f"/v1/jobs/{job['id']}?wait=50")
    assert reply.json["state"] == "succeeded" and time.monotonic() - began < 25


def test_wait_gives_up_after_its_time(tenant):
    job = submit(tenant, chat("[simulate:latency=8000]"))
    reply = tenant.web.get(f"/v1/jobs/{job['id']}?wait=1")
    assert reply.status == 200 and reply.json["state"] not in TERMINAL
    tenant.web.post(f"/v1/jobs/{job['id']}/cancel")


def test_list(tenant):
    made = [submit(tenant, chat("list me"))["id"] for _ in range(4)]
    for job in made:
        finish(tenant, {"id": job})
    listed = tenant.web.get("/v1/jobs?limit=3").json
    assert [job["id"] for job in listed["data"]] == made[:0:-1] and listed["has_more"]
    rest = tenant.web.get(f"/v1/jobs?limit=3&after={made[1]}").json
    assert [job["id"] for job in rest["data"]] == made[:1] and not rest["has_more"]
    assert len(tenant.web.get("/v1/jobs?state=succeeded").json["data"]) == 4
    assert tenant.web.get("/v1/jobs?state=failed").json["data"] == []
    assert tenant.web.get("/v1/jobs?state=odd").status == 400


def test_cancel_a_waiting_job(stack, tenant):
    occupy(tenant, NARROW[2])
    tag = uuid.uuid4().hex
    job = submit(tenant, chat(f"[simulate:tag={tag}]", model=NARROW[2]))
    waiting = tenant.web.get(f"/v1/jobs/{job['id']}").json
    assert waiting["state"] == "waiting" and waiting["waiting_for"]
    for _ in range(2):
        reply = tenant.web.post(f"/v1/jobs/{job['id']}/cancel")
        assert reply.status == 200 and reply.json["state"] == "cancelled", reply
    after = submit(tenant, chat("after", model=NARROW[2]))
    assert finish(tenant, after)["state"] == "succeeded"
    assert stack.calls_tagged(tag) == 0 and tenant.web.get(f"/v1/jobs/{job['id']}").json["state"] == "cancelled"


def test_cancel_a_running_job(tenant):
    job = occupy(tenant, "gpt-4o", milliseconds=25_000)
    began = time.monotonic()
    assert tenant.web.post(f"/v1/jobs/{job['id']}/cancel").json["state"] == "cancelled"
    assert finish(tenant, job)["state"] == "cancelled" and time.monotonic() - began < 20


def test_cancel_after_the_end_is_a_conflict(tenant):
    job = submit(tenant, chat("quick"))
    finish(tenant, job)
    reply = tenant.web.post(f"/v1/jobs/{job['id']}/cancel")
    assert reply.status == 409 and reply.error["code"] == "job_already_finished"
    assert reply.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("way", ["header", "field"])
def test_idempotent_replay_and_conflict(stack, tenant, way):
    tag = uuid.uuid4().hex

    def send(body, key="key-1"):
        in_header = {"Idempotency-Key": key} if way == "header" else {}
        in_body = {} if way == "header" else {"idempotency_key": key}
        return tenant.web.post("/v1/jobs", {"body": body, **in_body}, headers=in_header)

    body = chat(f"[simulate:tag={tag}]")
    first, again = send(body), send(body)
    assert first.status == 202 and again.status in (200, 202) and first.json["id"] == again.json["id"]
    finish(tenant, first.json)
    assert send(body).json["id"] == first.json["id"], "also after the end"
    conflict = send(chat("other"))
    assert conflict.status == 409 and conflict.error["code"] == "idempotency_conflict"
    assert conflict.headers["x-should-retry"] == "false"
    assert send(chat("other"), key="key-2").json["id"] != first.json["id"]
    assert stack.calls_tagged(tag) == 1


def test_a_large_body_is_kept_by_the_ledger(tenant):
    job = submit(tenant, chat("long " * 20_000))
    assert job["durability"] == "ledger"
    assert finish(tenant, job)["state"] == "succeeded"


def test_the_deadline_ends_a_waiting_job(stack, tenant):
    occupant = occupy(tenant, NARROW[3], milliseconds=15_000)
    tag = uuid.uuid4().hex
    job = submit(tenant, chat(f"[simulate:tag={tag}]", model=NARROW[3]), deadline="2s")
    done = finish(tenant, job)
    assert done["state"] == "expired" and done["result"] is None and done["error"]["code"]
    assert done["deadline_at"] <= done["finished_at"] <= done["deadline_at"] + 10
    assert stack.calls_tagged(tag) == 0, "nothing was paid for"
    tenant.web.post(f"/v1/jobs/{occupant['id']}/cancel")


def test_a_permanent_error_is_not_retried(stack, tenant):
    tag = uuid.uuid4().hex
    done = finish(tenant, submit(tenant, chat(f"[simulate:400] [simulate:tag={tag}]")))
    assert done["state"] == "failed" and done["result"]["status_code"] == 400 and done["error"]["code"]
    assert stack.calls_tagged(tag) == 1 and done["attempts"] == 1
    assert [each["status_code"] for each in attempts(tenant, done)] == [400]
    assert done["cost_usd"] == "0.000000000", "the provider refused it free of charge"


def test_a_server_error_is_retried(stack, tenant):
    tag = uuid.uuid4().hex
    done = finish(tenant, submit(tenant, chat(f"[simulate:once=500] [simulate:tag={tag}]")))
    assert done["state"] == "succeeded" and done["attempts"] == 2
    assert [each["status_code"] for each in attempts(tenant, done)] == [500, 200]
    assert stack.calls_tagged(tag) == 2


@pytest.mark.parametrize("fault", ["reset", "malformed", "503"])
def test_other_passing_faults_are_retried(tenant, fault):
    done = finish(tenant, submit(tenant, chat(f"[simulate:once={fault}]")))
    assert done["state"] == "succeeded" and done["attempts"] == 2


def test_a_rate_limit_costs_no_attempt(stack, tenant):
    tag = uuid.uuid4().hex
    done = finish(tenant, submit(tenant, chat(f"[simulate:once=429] [simulate:tag={tag}]", model=NARROW[4])))
    assert done["state"] == "succeeded" and done["attempts"] == 1, done
    assert stack.calls_tagged(tag) == 2


def test_retries_end(stack, tenant):
    tag = uuid.uuid4().hex
    done = finish(tenant, submit(tenant, chat(f"[simulate:500] [simulate:tag={tag}]")), seconds=90)
    assert done["state"] == "failed" and done["attempts"] == 5 and stack.calls_tagged(tag) == 5
    assert done["result"]["status_code"] == 500
