"""What must be nowhere: the provider's key, callers' keys, signing secrets and prompts, searched for wherever Penstock
writes or answers; the provider echoes our key in all that it says."""

import http.server
import json
import pathlib
import re
import threading
import uuid

import pytest

from harness.batches import chat, create, line, wait
from harness.processes import arguments_of, children, eventually
from harness.receiver import Server
from harness.settings import pool, pool_name
from harness.web import Web

KEY = f"sk-canary-{uuid.uuid4().hex}"
PROMPT = f"prompt-canary-{uuid.uuid4().hex}"
SECRET = "whsec_" + "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5"
VARIABLE = "CANARY_KEY_OF_OUR_PROVIDER"
STATUSES = [200, 400, 401, 403, 404, 429, 500, 502]
ECHO = "echo"


class Echo(http.server.BaseHTTPRequestHandler):
    """A provider that puts the caller's key into everything, at the status that the prompt asks for."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = self.rfile.read(int(self.headers["content-length"])).decode()
        key = self.headers.get("authorization", self.headers.get("x-api-key", "")).removeprefix("Bearer ")
        status = int(re.search(r"status (\d+)", asked).group(1))
        said = f"Incorrect API key provided: {key}. You asked: {PROMPT}"
        body = {"error": {"message": said, "type": key, "code": key, "param": key}}
        if status == 200:
            body = {"id": key, "object": "chat.completion", "model": key, "usage": {
                "prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6}, "choices": [
                {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": f"{key} {key}"}}]}
        data = json.dumps(body).encode()
        self.send_response(status, f"No {key}")
        for name, value in [("x-request-id", key), ("retry-after", "1"), ("openai-organization", key),
                            ("content-type", "application/json"), ("content-length", str(len(data)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def scene(new_stack, monkeypatch):
    """A stack whose one more pool calls the echo with the canary for a key."""
    monkeypatch.setenv(VARIABLE, KEY)
    server = Server(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    echo = pool(ECHO, server.server_port, 32)
    echo["targets"][f"{ECHO}-target"]["api_key_env"] = VARIABLE
    # What is tried again ends soon.
    stack = new_stack(pools={pool_name(ECHO): echo}, routes={ECHO: pool_name(ECHO)}, log={"level": "trace"},
                      worker={"max_attempts": 2})
    yield stack.up()
    server.shutdown()


def test_canaries(scene):
    stack = scene
    tenant = stack.tenant()
    web = tenant.web
    endpoint = web.post("/v1/webhook_endpoints", {"name": "canary", "url": "http://127.0.0.1:1/hook",
                                                  "event_types": ["job.failed", "job.succeeded"]})
    assert endpoint.status == 200, endpoint
    # Told once, when it is made.
    secret = endpoint.json["signing_secret"]
    asked = [chat(f"status {status} {PROMPT}", model=ECHO) for status in STATUSES]
    jobs = [web.post("/v1/jobs", {"body": body, "deadline": "8s", "webhook": {
        "url": "http://127.0.0.1:1/own", "secret": SECRET}}).json["id"] for body in asked]
    lines = [line(f"l{number}", body) for number, body in enumerate(asked)]
    batch = create(tenant, lines, window="8s")
    messages = web.post("/v1/messages/batches", {"completion_window": "8s", "requests": [
        {"custom_id": f"m{number}", "params": body} for number, body in enumerate(asked)]}).json["id"]
    refused = [web.post("/v1/jobs", {"body": {"model": PROMPT, "messages": PROMPT}}),
               web.post("/v1/jobs", {"body": chat(PROMPT, model=ECHO), "unknown": PROMPT}),
               Web(stack.url, KEY).get("/v1/jobs")]
    assert all(reply.status in (400, 401, 404) for reply in refused), refused
    eventually(lambda: all(web.get(f"/v1/jobs/{job}").json["finished_at"] for job in jobs), "all jobs ended", 60)
    ended = wait(tenant, batch)
    eventually(lambda: web.get(f"/v1/messages/batches/{messages}").json["processing_status"] == "ended", "messages", 60)

    answers = [web.get(f"/v1/jobs/{job}{part}") for job in jobs for part in ["", "/attempts"]]
    answers += [web.get(f"/v1/files/{file}/content") for file in [ended.output_file_id, ended.error_file_id] if file]
    answers += [web.get(f"/v1/messages/batches/{messages}/results"), web.get("/v1/webhook_deliveries"),
                web.get("/v1/webhook_endpoints"), web.get("/v1/jobs"), web.get("/v1/costs")]
    answers += [stack.admin.get(path) for path in ["/v1/admin/pools", "/v1/admin/fleet", "/v1/admin/keys"]]
    assert all(answer.status == 200 for answer in answers), [each.status for each in answers]
    # Something came of each status, so that there was something to find.
    states = {web.get(f"/v1/jobs/{job}").json["state"] for job in jobs}
    assert states >= {"succeeded", "failed"}, states
    places = {f"answer {number}": answer.body for number, answer in enumerate(answers)}
    places |= {f"headers {number}": str(answer.headers).encode() for number, answer in enumerate(answers)}
    written = logs_and_metrics(stack)
    kept = stored(stack)
    # The search finds what is there: the caller's own prompt in what the provider said.
    assert any(PROMPT.encode() in answer for answer in places.values())
    assert stack.ledger_kind != "sqlite" or any(PROMPT.encode() in content for content in kept.values())
    found_nowhere({**places, **written, **kept}, [KEY])
    found_nowhere({**places, **written}, [SECRET, secret])
    found_nowhere(written, [PROMPT, tenant.key, stack.admin_key])
    assert_only_workers_have_it(stack)


def logs_and_metrics(stack):
    """What is written for operators, by name: logs, metrics, readiness, the process list."""
    found = {file.name: file.read_bytes() for file in stack.folder.glob("*.log")}
    assert any(b'"level":"trace"' in each or b'"level":"debug"' in each for each in found.values())
    for offset in [0, 1, 10, 20, 91]:
        for path in ["/metrics", "/readyz", "/healthz"]:
            found[f"{offset}{path}"] = Web(f"http://127.0.0.1:{stack.operations_port + offset}").get(path).body
    for pid in [stack.supervisor.pid, *children(stack.supervisor.pid)]:
        found[f"arguments of {pid}"] = "\0".join(arguments_of(pid)).encode()
    return found


def stored(stack):
    """The ledger and Redis."""
    found = {}
    if stack.ledger_kind == "sqlite":
        found = {file.name: file.read_bytes() for file in pathlib.Path(stack.ledger.file).parent.glob("*.sqlite*")}
    stack.redis.command("save")
    return {**found, **{file.name: file.read_bytes() for file in stack.redis.folder.rglob("*") if file.is_file()}}


def found_nowhere(places, canaries):
    found = [(place, canary) for place, content in places.items() for canary in canaries if canary.encode() in content]
    assert not found, found


def assert_only_workers_have_it(stack):
    """The variable with the key is in no other role's environment."""
    holders = {arguments_of(pid)[1] for pid in children(stack.supervisor.pid)
               if KEY.encode() in pathlib.Path(f"/proc/{pid}/environ").read_bytes()}
    assert holders <= {"worker", "fleet"} and "worker" in holders, holders
