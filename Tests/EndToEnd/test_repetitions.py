"""The SDK repeats a POST whose answer did not come, and sends no idempotency key: nothing is created twice."""

import contextlib
import os
import signal
import socket
import threading
import time

import pytest
from openai import OpenAI

from harness.batches import chat_lines
from harness.processes import eventually, stat_fields


class Breaker:
    """Passes requests on to an intake. The next `breaks` creating ones reach it whole, but nobody waits for their answers:
    it stands still until they are hung up on. Of the next `losses` the answer is sent, and gets lost on its way."""

    def __init__(self, stack):
        self.stack, self.breaks, self.losses, self.broken = stack, 0, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/v1"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=[client], daemon=True).start()

    def serve(self, client):
        with client, socket.create_connection(("127.0.0.1", self.stack.port)) as server, contextlib.suppress(OSError):
            while request := self.read_request(client):
                if self.breaks > 0 and request.startswith(b"POST"):
                    self.breaks -= 1
                    self.broken += 1
                    return self.hang_up(server, request)
                if self.losses > 0 and request.startswith(b"POST"):
                    self.losses -= 1
                    self.broken += 1
                    return self.lose_answer(request)
                server.sendall(request)
                threading.Thread(target=self.copy, args=[server, client], daemon=True).start()

    def lose_answer(self, request):
        # On a connection from which nobody else reads.
        with socket.create_connection(("127.0.0.1", self.stack.port)) as server:
            server.sendall(request)
            assert server.recv(65536).startswith(b"HTTP/1.1 2")

    def hang_up(self, server, request):
        intake = self.stack.pid("intake")
        os.kill(intake, signal.SIGSTOP)
        try:
            eventually(lambda: stat_fields(intake)[0] == "T", "intake stands still", pause=0.005)
            server.sendall(request)
            server.shutdown(socket.SHUT_RDWR)  # at once, also while another thread reads from it
            time.sleep(0.05)  # for the kernel to tell the other side
        finally:
            os.kill(intake, signal.SIGCONT)

    @staticmethod
    def copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)

    @staticmethod
    def read_request(client):
        data = b""
        while b"\r\n\r\n" not in data:
            if not (more := client.recv(65536)):
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        while len(body) < (lengths or [0])[0]:
            body += client.recv(65536)
        return head + b"\r\n\r\n" + body


@pytest.fixture
def broken(stack):
    tenant = stack.tenant()
    breaker = Breaker(stack)
    yield tenant, breaker, OpenAI(base_url=breaker.url, api_key=tenant.key, max_retries=4)
    breaker.listener.close()


def test_a_batch_and_its_file_are_created_once(broken):
    tenant, breaker, client = broken
    breaker.breaks = 2
    file = client.files.create(file=("requests.jsonl", ("\n".join(chat_lines(3)) + "\n").encode()), purpose="batch")
    assert breaker.broken == 2 and [each.id for each in tenant.sdk.files.list()] == [file.id]
    breaker.breaks = 3
    batch = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    assert breaker.broken == 5 and [each.id for each in tenant.sdk.batches.list()] == [batch.id]
    # Meant twice is made twice.
    again = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    assert again.id != batch.id and len(list(tenant.sdk.batches.list())) == 2


def test_a_job_and_an_endpoint_are_created_once(broken):
    tenant, breaker, client = broken
    body = {"body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "once"}]}}
    breaker.breaks = 1
    job = client.post("/jobs", cast_to=object, body=body)
    assert breaker.broken == 1
    assert [each["id"] for each in tenant.web.get("/v1/jobs").json["data"]] == [job["id"]]
    breaker.breaks = 1
    endpoint = client.webhooks.create(name="n", url="https://example.com/hook", event_types=["batch.completed"])
    assert breaker.broken == 2
    assert [each["id"] for each in tenant.web.get("/v1/webhook_endpoints").json["data"]] == [endpoint.id]


def test_an_answer_that_is_lost_on_its_way(broken):
    tenant, breaker, client = broken
    breaker.losses = 2
    file = client.files.create(file=("requests.jsonl", ("\n".join(chat_lines(3)) + "\n").encode()), purpose="batch")
    assert breaker.broken == 2 and [each.id for each in tenant.sdk.files.list()] == [file.id]
    breaker.losses = 2
    options = {"input_file_id": file.id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    batch = client.batches.create(**options)
    assert breaker.broken == 4 and [each.id for each in tenant.sdk.batches.list()] == [batch.id]
    breaker.losses = 1
    again = client.batches.create(**options)
    assert {each.id for each in tenant.sdk.batches.list()} == {batch.id, again.id} and again.id != batch.id
