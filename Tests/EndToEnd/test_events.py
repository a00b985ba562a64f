"""Server-sent events, forecasts, many jobs at once, and lists with filters."""

import json
import threading

import requests

from harness.batches import chat, chat_lines, create, line, wait, wait_for_progress
from harness.processes import eventually
from harness.settings import NARROW


def events(tenant, path, last=None, until=None):
    """Events as (id, name, data) until the stream ends, or `until` says so."""
    headers = {"Authorization": f"Bearer {tenant.key}", **({"Last-Event-ID": last} if last else {})}
    found, event = [], {}
    with requests.get(tenant.stack.url + path, headers=headers, stream=True, timeout=60) as reply:
        if reply.status_code == 204:
            return []
        assert reply.status_code == 200 and reply.headers["content-type"] == "text/event-stream"
        for text in reply.iter_lines(decode_unicode=True):
            if text:
                name, _, value = text.partition(": ")
                event[name] = value
            elif "data" in event:
                found.append((event["id"], event["event"], json.loads(event["data"])))
                event = {}
                if until and until(found):
                    break
    return found


def job(text="hello", **more):
    return {"body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}, **more}


def test_a_job_tells_of_its_end_and_can_be_followed_again(tenant, other_tenant):
    made = tenant.web.post("/v1/jobs", job("[simulate:latency=2500] x")).json
    told = events(tenant, f"/v1/jobs/{made['id']}/events")
    states = [data["state"] for _, _, data in told]
    assert states[-1] == "succeeded" and len(states) >= 2 and {name for _, name, _ in told} == {"job"}
    assert len({each for each, _, _ in told}) == len(told)
    assert events(tenant, f"/v1/jobs/{made['id']}/events", last=told[-1][0]) == []
    [again] = events(tenant, f"/v1/jobs/{made['id']}/events", last=told[0][0])
    assert again[2]["state"] == "succeeded" and again[2]["result"]["status_code"] == 200
    reply = other_tenant.web.get(f"/v1/jobs/{made['id']}/events")
    assert reply.status == 404 and reply.json["error"]["code"] == "not_found"


def test_a_batch_tells_of_its_progress(tenant):
    batch = create(tenant, [line(f"c{n}", {**chat(f"[simulate:latency=700] {n}"), "model": NARROW[10]}) for n in range(6)])
    first = events(tenant, f"/v1/batches/{batch.id}/events", until=lambda found: len(found) == 2)
    rest = events(tenant, f"/v1/batches/{batch.id}/events", last=first[-1][0])
    counts = [data["request_counts"]["completed"] for _, _, data in first + rest]
    assert counts == sorted(counts) and counts[-1] == 6 and rest[-1][2]["status"] == "completed"
    assert not {each for each, _, _ in first} & {each for each, _, _ in rest}


def test_only_so_many_may_look_on(tenant, other_tenant):
    made = tenant.web.post("/v1/jobs", job("[simulate:latency=20000] x")).json["id"]
    headers = {"Authorization": f"Bearer {tenant.key}"}
    look = lambda: requests.get(f"{tenant.stack.url}/v1/jobs/{made}/events", headers=headers, stream=True, timeout=30)  # noqa: E731
    opened = [look() for _ in range(100)]
    try:
        assert {each.status_code for each in opened} == {200}
        refused = look()
        assert refused.status_code == 429 and refused.json()["error"]["code"] == "too_many_event_streams"
        assert 0 < int(refused.headers["retry-after"]) <= 60
        theirs = other_tenant.web.post("/v1/jobs", job("hello")).json["id"]
        assert events(other_tenant, f"/v1/jobs/{theirs}/events")[-1][2]["state"] == "succeeded"
    finally:
        for each in opened:
            each.close()

    def looks_again():
        with look() as reply:
            return reply.status_code == 200
    eventually(looks_again, "those who went make room", seconds=30)
    assert tenant.web.post(f"/v1/jobs/{made}/cancel", {}).status == 200


def test_a_forecast(tenant):
    batch = create(tenant, [line(f"c{n}", {**chat(f"[simulate:latency=600] {n}"), "model": NARROW[10]}) for n in range(8)])
    wait_for_progress(tenant, batch, 2)
    forecast = tenant.web.get(f"/v1/batches/{batch.id}/eta").json
    assert forecast["total"] == 8 and 2 <= forecast["finished"] < 8 and forecast["makes_deadline"] is True
    assert 0 < forecast["remaining_seconds"] < 60 and forecast["requests_per_second"] > 0
    wait(tenant, batch)
    ended = tenant.web.get(f"/v1/batches/{batch.id}/eta").json
    assert ended["remaining_seconds"] == 0 and ended["makes_deadline"] is None and ended["status"] == "completed"


def test_output_can_be_read_while_the_batch_runs(tenant):
    lines = [line(f"c{n}", {**chat(f"[simulate:latency=500] {n}"), "model": NARROW[10]}) for n in range(8)]
    batch = create(tenant, lines)
    running = wait_for_progress(tenant, batch, 2)
    assert running.status == "in_progress" and running.output_file_id and running.error_file_id is None
    early = tenant.sdk.files.content(running.output_file_id).text
    seen = early.splitlines()
    assert 2 <= len(seen) < 8 and early.endswith("\n") and tenant.sdk.files.retrieve(running.output_file_id).bytes > 0
    done = wait(tenant, batch)
    assert done.output_file_id == running.output_file_id
    final = tenant.sdk.files.content(done.output_file_id).text
    assert set(seen) <= set(final.splitlines()) and tenant.sdk.files.retrieve(done.output_file_id).bytes == len(final.encode())
    assert tenant.sdk.files.content(done.output_file_id).text == final


def test_many_jobs_in_one_request(tenant, other_tenant):
    wanted = [job(f"number {n}", tags={"feature": "bulk"}) for n in range(20)]
    wanted[7] = {"body": {**job()["body"], "model": "no-such-model"}}
    wanted[9] = {**job(), "colour": "red"}
    headers = {"Idempotency-Key": "bulk-1"}
    reply = tenant.web.request("POST", "/v1/jobs/bulk", {"jobs": wanted}, headers=headers)
    assert reply.status == 200, reply
    outcomes = reply.json["data"]
    assert len(outcomes) == 20 and outcomes[7]["error"]["code"] == "model_not_found" and outcomes[7]["job"] is None
    assert outcomes[9]["error"]["code"] == "unknown_field" and outcomes[9]["error"]["status"] == 400
    ids = [each["job"]["id"] for each in outcomes if each["job"]]
    assert len(set(ids)) == 18
    again = tenant.web.request("POST", "/v1/jobs/bulk", {"jobs": wanted}, headers=headers).json["data"]
    assert [each["job"]["id"] for each in again if each["job"]] == ids
    eventually(lambda: tenant.web.get("/v1/jobs?feature=bulk&state=succeeded&limit=100").json["data"].__len__() == 18,
               "all have succeeded")
    for wrong in [{}, {"jobs": []}, {"jobs": [job()] * 1001}, {"jobs": "x"}]:
        assert tenant.web.post("/v1/jobs/bulk", wrong).status == 400
    slow = {"body": {**job("[simulate:latency=9000] x")["body"], "model": NARROW[10]}}
    waiting = [tenant.web.post("/v1/jobs", slow).json["id"] for _ in range(3)]
    mine = tenant.web.post("/v1/jobs/bulk/cancel", {"ids": [*waiting, ids[0], "job_never"]}).json["data"]
    assert [each["job"]["state"] for each in mine[:3]] == ["cancelled"] * 3
    assert [each["error"]["code"] for each in mine[3:]] == ["job_already_finished", "not_found"]
    theirs = other_tenant.web.post("/v1/jobs/bulk/cancel", {"ids": waiting}).json["data"]
    assert {each["error"]["code"] for each in theirs} == {"not_found"}


def test_lists_by_tag_time_and_batch(tenant, other_tenant):
    made = [tenant.web.post("/v1/jobs", job(f"{n}", tags={"feature": f"f{n % 2}", "customer": "c"})).json for n in range(4)]
    eventually(lambda: len(tenant.web.get("/v1/jobs?state=succeeded").json["data"]) == 4, "all have succeeded")

    def listed(query):
        return [each["id"] for each in tenant.web.get(f"/v1/jobs?{query}").json["data"]]

    assert listed("feature=f1") == [made[3]["id"], made[1]["id"]] and listed("feature=none") == []
    assert len(listed("customer=c&limit=3")) == 3 and listed("until=2020-01-01T00:00:00Z") == []
    assert len(listed(f"since={made[0]['created_at'] - 1}")) == 4
    lines = chat_lines(5) + [line("bad", chat("[simulate:400] x"))]
    batch = wait(tenant, create(tenant, lines))
    page = tenant.web.get(f"/v1/jobs?batch={batch.id}&limit=4").json
    rest = tenant.web.get(f"/v1/jobs?batch={batch.id}&after={page['last_id']}").json
    customs = [each["custom_id"] for each in page["data"] + rest["data"]]
    assert customs == [json.loads(each)["custom_id"] for each in lines] and page["has_more"] and not rest["has_more"]
    [failed] = tenant.web.get(f"/v1/jobs?batch={batch.id}&state=failed").json["data"]
    assert failed["custom_id"] == "bad"
    assert other_tenant.web.get(f"/v1/jobs?batch={batch.id}").status == 404
    assert tenant.web.get("/v1/jobs?since=yesterday").status == 400


def test_streams_end_with_the_server(new_stack):
    stack = new_stack().up()
    tenant = stack.tenant()
    made = tenant.web.post("/v1/jobs", job("[simulate:latency=20000] x")).json
    told = []
    reader = threading.Thread(target=lambda: told.extend(events(tenant, f"/v1/jobs/{made['id']}/events")))
    reader.start()
    eventually(lambda: tenant.web.get(f"/v1/jobs/{made['id']}").json["state"] == "running", "it runs")
    stack.supervisor.stop()
    reader.join(timeout=20)
    assert not reader.is_alive() and told
