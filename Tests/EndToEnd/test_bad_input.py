"""Bad input: never a 500, never accepted, always said what is wrong."""

import json
import socket

import openai
import pytest

from harness.batches import chat, chat_lines, create, upload, wait
from harness.web import Web

JOBS = "/v1/jobs"


def assert_refused(reply, status, code=None):
    assert reply.status == status, reply
    assert reply.headers["content-type"].startswith("application/json") and reply.headers["x-request-id"]
    assert reply.error["type"]
    if code:
        assert reply.error["code"] == code, reply


@pytest.mark.parametrize("headers", [
    {}, {"Authorization": "Bearer psk_" + "0" * 48}, {"Authorization": "Bearer "}, {"Authorization": "Basic Zm9vOmJhcg=="},
    {"X-Api-Key": "psk_wrong"}, {"Authorization": "Bearer " + "x" * 5000},
])
def test_wrong_keys(stack, headers):
    for method, path in [("GET", "/v1/models"), ("GET", "/v1/batches"), ("POST", JOBS), ("GET", "/v1/admin/keys")]:
        reply = Web(stack.url).request(method, path, headers=headers)
        assert_refused(reply, 401, "invalid_api_key")
        assert reply.error["type"] == "authentication_error"


def test_the_sdk_sees_a_wrong_key(stack):
    client = openai.OpenAI(base_url=f"{stack.url}/v1", api_key="psk_wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as caught:
        client.batches.list()
    assert caught.value.code == "invalid_api_key" and caught.value.request_id


def test_x_api_key_is_as_good(stack, tenant):
    assert Web(stack.url).get("/v1/models", headers={"X-Api-Key": tenant.key}).status == 200


def test_a_revoked_key_ends(stack):
    tenant = stack.tenant()
    [key] = stack.admin.get(f"/v1/admin/keys?tenant={tenant.name}").json["data"]
    assert stack.admin.post(f"/v1/admin/keys/{key['id']}/revoke").status == 200
    assert_refused(tenant.web.get("/v1/models"), 401)


def test_admin_calls_need_an_admin_key(tenant):
    for reply in [tenant.web.get("/v1/admin/keys"), tenant.web.post("/v1/admin/keys", {"tenant": "x", "name": "y"}),
                  tenant.web.put("/v1/admin/tenants/x", {"weight": 2}), tenant.web.get("/v1/costs?all_tenants=true")]:
        assert_refused(reply, 403)
        assert reply.error["type"] == "permission_error"


def test_a_class_that_the_key_may_not_use(stack):
    tenant = stack.tenant(classes=["batch"])
    assert_refused(tenant.web.post(JOBS, {"body": chat("x"), "class": "interactive"}), 403)
    assert tenant.web.post(JOBS, {"body": chat("x"), "class": "batch"}).status == 202


DEEP = json.dumps(chat("deep"))[:-1] + ', "deep": ' + "[" * 70 + "]" * 70 + "}"


@pytest.mark.parametrize("body, code", [
    (b"", None), (b"{", "invalid_json"), (b"null", None), (b"[]", None), (b'"text"', None), (b"{}{}", "invalid_json"),
    (b'{"body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "\xff\xfe"}]}}', "invalid_json"),
    (b'{"body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "a\0b"}]}}', "invalid_json"),
    (b'{"body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "\\ud800"}]}}', "invalid_json"),
    (f'{{"body": {DEEP}}}'.encode(), "invalid_json"), (b"[" * 100_000, "invalid_json"),
    (b'{"body": {"model": "gpt-4o-mini", "model": "gpt-4o", "messages": [{"role": "user", "content": "x"}]}}', "duplicate_key"),
    (b'{"body": 1}', None), (b'{"body": {}}', "missing_required_parameter"),
    (b'{"body": {"model": "gpt-4o-mini"}}', "missing_required_parameter"),
    (b'{"body": {"model": 7, "messages": []}}', None),
    (b'{"boddy": {}}', "unknown_field"),
])
def test_bad_bodies(tenant, body, code):
    assert_refused(tenant.web.post(JOBS, body, headers={"Content-Type": "application/json"}), 400, code)


@pytest.mark.parametrize("fields", [
    {"body": chat("x", model="no-such-model")}, {"body": chat("x", stream=True)}, {"body": chat("x"), "class": "urgent"},
    {"body": chat("x"), "endpoint": "/v1/nothing"}, {"body": chat("x"), "deadline": "soon"},
    {"body": chat("x"), "deadline": "1w"}, {"body": chat("x"), "deadline": 12}, {"body": chat("x"), "tags": {"colour": "red"}},
    {"body": chat("x"), "tags": "red"}, {"body": chat("x"), "metadata": {"k": 1}}, {"body": chat("x"), "durability": "paper"},
    {"body": chat("x"), "idempotency_key": ""},
])
def test_bad_fields(tenant, fields):
    reply = tenant.web.post(JOBS, fields)
    assert_refused(reply, 400)
    assert reply.error["param"] and reply.error["code"], reply
    assert tenant.web.get(JOBS).json["data"] == []


def test_an_unknown_model_is_called_so(tenant):
    assert_refused(tenant.web.post(JOBS, {"body": chat("x", model="no-such-model")}), 400, "model_not_found")


def test_nesting_of_64_levels_is_allowed(tenant):
    # The job's object and `body` are two levels.
    body = {**chat("deep"), "metadata": None}
    for _ in range(60):
        body["metadata"] = [body["metadata"]]
    assert tenant.web.post(JOBS, {"body": body}).status == 202


def test_too_large_a_body(stack, tenant):
    reply = tenant.web.post(JOBS, {"body": chat("x" * (5 << 20))})
    assert_refused(reply, 413, "request_too_large")


def test_too_large_a_body_in_chunks(stack, tenant):
    head = (f"POST {JOBS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {tenant.key}\r\n"
            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", stack.port), timeout=20) as connection:
        connection.sendall(head)
        try:
            for _ in range(100):
                connection.sendall(b"20000\r\n" + b"x" * 0x20000 + b"\r\n")
        except OSError:
            pass  # the server has stopped listening, as it should
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413"), answer


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/v1/nothing", 404), ("DELETE", "/v1/jobs", 405), ("PUT", "/v1/batches", 405),
    ("GET", "/v1/jobs/job_nothere", 404), ("GET", "/v1/batches/batch_nothere", 404), ("GET", "/v1/files/file-nothere", 404),
    ("GET", "/v1/files/file-nothere/content", 404), ("POST", "/v1/jobs/job_nothere/cancel", 404),
    ("POST", "/v1/batches/batch_nothere/cancel", 404), ("GET", "/v1/jobs/%00", 404), ("GET", "/v1/jobs?limit=0", 400),
    ("GET", "/v1/jobs?limit=101", 400), ("GET", "/v1/batches?limit=x", 400), ("GET", "/v1/costs?group_by=colour", 400),
    ("GET", "/v1/costs?since=yesterday", 400),
])
def test_bad_paths_and_queries(tenant, method, path, status):
    assert_refused(tenant.web.request(method, path), status)


@pytest.mark.parametrize("wait", ["61", "-1", "x"])
def test_bad_waits(tenant, wait):
    job = tenant.web.post(JOBS, {"body": chat("x")}).json
    assert_refused(tenant.web.get(f"/v1/jobs/{job['id']}?wait={wait}"), 400)


def test_garbage_on_the_wire(stack):
    for garbage in [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 10, b"GET\r\n\r\n", b"\0" * 1000, b"GET / HTTP/9.9\r\n\r\n",
                    b"POST /v1/jobs HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"G" * 100_000]:
        with socket.create_connection(("127.0.0.1", stack.port), timeout=20) as connection:
            try:
                connection.sendall(garbage)
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(4096)
            except OSError:
                continue  # closed on us: fine
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer
    assert stack.is_ready("intake")


def test_tenants_do_not_see_each_other(tenant, other_tenant):
    lines = chat_lines(2)
    batch = wait(tenant, create(tenant, lines))
    job = tenant.web.post(JOBS, {"body": chat("mine")}).json
    file = upload(tenant, lines)
    for path in [f"/v1/batches/{batch.id}", f"/v1/files/{batch.input_file_id}", f"/v1/files/{batch.output_file_id}",
                 f"/v1/files/{batch.output_file_id}/content", f"/v1/jobs/{job['id']}", f"/v1/jobs/{job['id']}/attempts"]:
        assert tenant.web.get(path).status == 200, path
        theirs = other_tenant.web.get(path)
        assert_refused(theirs, 404, "not_found")
        identifier = path.split("/")[3]
        nobodys = other_tenant.web.get(path.replace(identifier, identifier[:-4] + "zzzz"))
        assert (nobodys.status, nobodys.error) == (404, theirs.error), "not to be told apart from what never was"
    assert other_tenant.web.request("DELETE", f"/v1/files/{file.id}").status == 404
    assert other_tenant.web.post(f"/v1/batches/{batch.id}/cancel").status == 404
    assert other_tenant.web.post(f"/v1/jobs/{job['id']}/cancel").status == 404
    with pytest.raises(openai.BadRequestError):
        other_tenant.sdk.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    assert other_tenant.sdk.batches.list().data == [] and other_tenant.sdk.files.list().data == []
    assert other_tenant.web.get(JOBS).json["data"] == []
    assert other_tenant.web.get("/v1/costs?group_by=total").json["total"]["calls"] == 0


def test_models(tenant):
    models = {each.id for each in tenant.sdk.models.list()}
    assert {"gpt-4o-mini", "gpt-4o", "text-embedding-3-small"} <= models
