"""What one tenant's abuse does to intake and to the other tenants: memory, descriptors, waits of others, health."""

import argparse
import contextlib
import http.client
import http.server
import json
import multiprocessing
import os
import pathlib
import random
import resource
import socket
import struct
import sys
import tempfile
import threading
import time

from bench import BIN, MODEL, Process, Stack, TICKS, Web, eventually, stat_fields
from harness.receiver import Server
from harness.settings import pool

MEMORY, SLACK = 400 << 20, 16 << 20
BACK_WITHIN, LEFT_WITHIN, REVOKED_WITHIN = 60, 1, 5
# Others may wait five times as long as alone. Under 50 ms a p99 is the machine's noise.
FACTOR, NOISE = 5, 0.05
PROCESSES = multiprocessing.get_context("spawn")
GRACE = 3  # seconds until a slow body is refused; the setting is for minutes


class BigProvider(http.server.BaseHTTPRequestHandler):
    """Answers with as many characters as the prompt asks for; what asks for none waits for a minute."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        prompt = json.loads(self.rfile.read(int(self.headers["content-length"])))["messages"][0]["content"]
        size = int(prompt.split()[0])
        if not size:
            time.sleep(60)
        data = json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": MODEL, "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "x" * size}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}).encode()
        with contextlib.suppress(OSError):
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, *arguments):
        pass


class Limited(Stack):
    """Its processes may have so many descriptors."""
    descriptors = None

    def up(self):
        before = ["prlimit", f"--nofile={self.descriptors}:{self.descriptors}"] if self.descriptors else []
        self.supervisor = Process([*before, BIN / "penstockd", "up", "--settings", self.settings_file],
                                  self.folder / "up.log")
        self.wait_until_ready()
        return self


class Loop:
    """Does something over and over in a thread until it is stopped."""

    def __init__(self, body, pause):
        self.body, self.pause, self.is_over = body, pause, False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.is_over:
            self.body()
            time.sleep(self.pause)

    def stop(self):
        self.is_over = True
        self.thread.join(30)


def be_innocent(port, key, pipe):
    """Hands in a job, looks at it, and lists some, over and over, until it is told that that is enough."""
    caller, latencies = Innocent(port, key), []
    while not pipe.poll():
        latencies.append(caller.turn())
        if len(latencies) == 1:
            pipe.send("begun")
        time.sleep(0.01)
    pipe.send(latencies)


class Innocent:
    """One connection as long as it lasts."""

    def __init__(self, port, key):
        self.port, self.connection = port, None
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def turn(self):
        """Seconds that a request took."""
        body = json.dumps({"body": {"model": "gpt-4o-mini", "messages": [
            {"role": "user", "content": f"{random.random()}"}]}})
        began = time.monotonic()
        while time.monotonic() - began < 30:
            try:
                job = self.ask("POST", "/v1/jobs", body)["id"]
                self.ask("GET", f"/v1/jobs/{job}")
                self.ask("GET", "/v1/jobs?limit=5")
                break
            except (OSError, http.client.HTTPException, KeyError):
                self.connection = None  # again, as SDKs do; it counts
        return (time.monotonic() - began) / 3

    def ask(self, method, path, body=None):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        self.connection.request(method, path, body, self.headers)
        return json.loads(self.connection.getresponse().read())


class Scene:
    """A stack, one who abuses it, and one who does not."""

    def __init__(self, folder, descriptors, is_short, **settings):
        self.is_short = is_short
        self.provider = Server(("127.0.0.1", 0), BigProvider)
        threading.Thread(target=self.provider.serve_forever, daemon=True).start()
        Limited.descriptors = descriptors
        self.stack = Limited(folder, pools={"big": pool(MODEL, self.provider.server_port, 64)},
                             routes={MODEL: "big"}, **settings)
        self.stack.up()
        self.abuser, self.innocent = self.stack.tenant("abuser"), self.stack.tenant("innocent")
        self.pid, self.missed, self.figures = self.stack.pid("intake"), [], {}
        self.unhealthy, self.most = 0, 0

    def stop(self):
        self.stack.stop()
        self.provider.shutdown()

    # What is watched

    def memory(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        now = int(status.split("VmRSS:")[1].split()[0]) << 10
        self.most = max(self.most, now)
        return now

    def connections(self):
        """Sockets; the ledger's files are opened as they are needed."""
        count = 0
        for each in os.listdir(f"/proc/{self.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                count += os.readlink(f"/proc/{self.pid}/fd/{each}").startswith("socket:")
        return count

    def cpu(self):
        fields = stat_fields(self.pid)
        return (int(fields[11]) + int(fields[12])) / TICKS

    def look_at_health(self):
        try:
            health = Web(f"http://127.0.0.1:{self.stack.operations_port}").request("GET", "/healthz", timeout=1)
            self.unhealthy += health.status != 200
        except OSError:
            self.unhealthy += 1

    def p99(self, seconds, during=lambda: None):
        """Of the innocent's requests within so many seconds, made by a process of its own."""
        (ours, theirs), began = PROCESSES.Pipe(), time.monotonic()
        other = PROCESSES.Process(target=be_innocent, args=(self.stack.port, self.innocent.key, theirs), daemon=True)
        other.start()
        ours.recv()  # it has begun
        during()
        time.sleep(max(0, seconds - (time.monotonic() - began)))
        ours.send("enough")
        latencies = sorted(ours.recv())
        other.join(10)
        return latencies[int(0.99 * len(latencies))]

    def warm(self):
        """All that a process keeps once it was busy: its threads, the ledger's connections with their caches."""
        file = self.abuser.sdk.files.create(file=("f.jsonl", b"{}\n" * (4 << 20)), purpose="batch").id
        paths = ["/v1/jobs?limit=100", f"/v1/files/{file}/content"]
        loops = [Loop(lambda path=paths[number % 2]: self.abuser.web.get(path), 0) for number in range(32)]
        self.p99(2)
        for loop in loops:
            loop.stop()

    # What is abused

    def request(self, method, path, headers=(), body=b"", length=None, key=None):
        lines = [f"{method} {path} HTTP/1.1", "Host: here", f"Authorization: Bearer {key or self.abuser.key}", *headers]
        if method == "POST":
            lines += ["Content-Type: application/json", f"Content-Length: {len(body) if length is None else length}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def open(self, data, receives=4096):
        """A connection that has sent `data` and reads nothing; nil where it is refused."""
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        made.settimeout(5)
        try:
            made.connect(("127.0.0.1", self.stack.port))
            made.sendall(data)
        except OSError:
            pass  # refused: what it is about to be told shows who asks it
        return made

    def job(self, size, count=1):
        """Jobs of the abuser with answers of so many characters; 0 are under way for a minute."""
        bodies = [{"body": {"model": MODEL, "messages": [{"role": "user", "content": f"{size} {random.random()}"}]}}
                  for _ in range(count)]
        made = [self.abuser.web.post("/v1/jobs", body).json["id"] for body in bodies]
        for job in made if size else []:
            eventually(lambda: self.stack_says(job, "succeeded"), "the large answer is there", 120)
        return made

    def stack_says(self, job, state):
        """By the list, which does not carry what it answered."""
        return self.abuser.web.get(f"/v1/jobs/{job}/attempts").json["data"] and self.state(job) == state

    def state(self, job):
        return self.abuser.web.get(f"/v1/jobs/{job}").json["state"]

    # What has to hold

    def bar(self, name, seen, most):
        self.figures[name] = round(seen, 3) if isinstance(seen, float) else seen
        if seen > most:
            self.missed.append(f"{name} {seen} > {most}")

    def measure(self, name, abuse, seconds):
        """Runs `abuse`, a context that is held for so many seconds, and tells what it did."""
        self.warm()
        watch = Loop(self.memory, 0.05)
        alone, idle = self.p99(3), self.memory()
        abuse = abuse(self)  # what it needs is made before anything is measured
        self.most, health = 0, Loop(self.look_at_health, 0.1)
        held = contextlib.ExitStack()
        beside = self.p99(seconds, lambda: held.enter_context(abuse))
        held.close()
        began = time.monotonic()
        # Beside the tests' short abuse a few MiB more or less are nothing.
        while self.memory() > idle * 1.1 + (SLACK if self.is_short else 0) and time.monotonic() - began < BACK_WITHIN + 1:
            time.sleep(0.1)
        self.bar("back_after_seconds", time.monotonic() - began, BACK_WITHIN)
        for loop in [watch, health]:
            loop.stop()
        self.figures.update(idle_mib=idle >> 20, last_mib=self.memory() >> 20, p99_alone=round(alone, 4))
        self.bar("most_mib", self.most >> 20, MEMORY >> 20)
        # Speed is judged where nothing else is at work, not among the tests.
        self.bar("p99_beside", beside, float("inf") if self.is_short else max(FACTOR * alone, NOISE))
        self.bar("health_failed", self.unhealthy, 0)
        return {"benchmark": f"bounds.{name}", "descriptors": Limited.descriptors, **self.figures, "missed": self.missed,
                "holds": not self.missed}

    def connections_are_back(self, name, base):
        began = time.monotonic()
        while self.connections() > base + 4 and time.monotonic() - began < 20:
            time.sleep(0.02)
        self.bar(f"{name}_left_after_seconds", time.monotonic() - began, LEFT_WITHIN)


def closed(sockets):
    for each in sockets:
        each.close()


# 1: memory by bytes

def large_answers(size):
    def prepared(scene):
        return unread(scene, scene.job(size.answer, size.answers))

    @contextlib.contextmanager
    def unread(scene, jobs):
        asked = ["/v1/jobs?limit=24"] * 5 + [f"/v1/jobs/{job}" for job in (jobs * 40)[:40]]
        held = [scene.open(scene.request("GET", path)) for path in asked]
        yield
        closed(held)
    return prepared


@contextlib.contextmanager
def half_bodies(scene):
    half = b'{"body":"' + b"x" * (2 << 20)
    held = [scene.open(scene.request("POST", "/v1/jobs", body=half, length=4 << 20)) for _ in range(150)]
    yield
    closed(held)


# 2: leaving

@contextlib.contextmanager
def leaving(scene):
    [job] = scene.job(0)
    eventually(lambda: scene.state(job) == "running", "it runs")
    file = scene.abuser.sdk.files.create(file=("f.jsonl", b"{}\n" * (4 << 20)), purpose="batch").id
    base = scene.connections()
    kinds = {"wait": (scene.request("GET", f"/v1/jobs/{job}?wait=60"), 320),
             "events": (scene.request("GET", f"/v1/jobs/{job}/events"), 60),
             "download": (scene.request("GET", f"/v1/files/{file}/content"), 20),
             "upload": (scene.request("POST", "/v1/jobs", body=b'{"body":', length=1 << 20), 60)}
    for name, (data, count) in kinds.items():
        held = [scene.open(data) for _ in range(count)]
        time.sleep(0.3)
        for number, each in enumerate(held):
            if number % 2:  # RST instead of FIN
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        closed(held)
        scene.connections_are_back(name, base)
    yield


# 3: connections

@contextlib.contextmanager
def connections(scene):
    began, cpu = time.monotonic(), scene.cpu()
    # As many as this program may have itself.
    count = min(2_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 400)
    held = [scene.open(b"" if number % 2 else b"GET /v1/jobs HTTP/1.1\r\nHo") for number in range(count)]
    time.sleep(2)
    yield
    share = (scene.cpu() - cpu) / (time.monotonic() - began)
    closed(held)
    scene.bar("cpu_of_a_core", share, 0.7)


# 4: time for bodies

@contextlib.contextmanager
def slow_bodies(scene):
    key = "psk_" + "0" * 48
    held = [scene.open(scene.request("POST", "/v1/jobs", body=b"{", length=1 << 20, key=key if number % 2 else None))
            for number in range(60)]
    began, living = time.monotonic(), set(held)
    while living and time.monotonic() - began < 4 * GRACE + 10:
        for each in list(living):
            try:
                each.sendall(b" ")
                each.setblocking(False)
                if each.recv(4096) == b"":
                    living.discard(each)
                each.settimeout(5)
            except BlockingIOError:
                each.settimeout(5)
            except OSError:
                living.discard(each)
        time.sleep(0.2)
    scene.bar("slow_bodies_ended_after_seconds", time.monotonic() - began, 2 * GRACE + 5)
    yield
    closed(held)


# 5: quotas

@contextlib.contextmanager
def quotas(scene):
    """Uploads, whole and broken off, and batches, until all is refused; nothing of what was refused stays."""
    stop, refusals = time.monotonic() + 5, {}

    def upload():
        while time.monotonic() < stop:
            try:
                boundary = "b"
                body = (b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--b\r\n'
                        b'Content-Disposition: form-data; name="file"; filename="f.jsonl"\r\n\r\n'
                        + b"{}\n" * (1 << 20) + b"\r\n--b--\r\n")
                reply = scene.abuser.web.request("POST", "/v1/files", body, {
                    "Content-Type": f"multipart/form-data; boundary={boundary}"})
                name = "taken" if reply.status == 200 else reply.error["code"]
            except OSError:
                name = "broken"
            refusals[name] = refusals.get(name, 0) + 1
    threads = [threading.Thread(target=upload) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = scene.abuser.web.get("/v1/files").json["data"]
    scene.figures["uploads"] = refusals
    scene.bar("files_kept", len(kept), 5 + len(threads))
    if "file_quota_reached" not in refusals and "file_bytes_quota_reached" not in refusals:
        scene.missed.append("no quota was reached")
    yield


# 6: revoked keys

@contextlib.contextmanager
def revoked(scene):
    [job] = scene.job(0)
    reply = scene.stack.admin.post("/v1/admin/keys", {"tenant": "abuser", "name": "short-lived"}).json
    held = [scene.open(scene.request("GET", path, key=reply["key"]), 1 << 16)
            for path in [f"/v1/jobs/{job}?wait=60", f"/v1/jobs/{job}/events"] for _ in range(20)]
    time.sleep(1)
    assert scene.stack.admin.post(f"/v1/admin/keys/{reply['id']}/revoke").status == 200
    began = time.monotonic()
    for each in held:
        each.settimeout(20)
        with contextlib.suppress(OSError):
            while data := each.recv(65536):
                # Refused, at once or when the key was; or its last piece came.
                if data.startswith(b"HTTP/1.1 4") or data.endswith(b"0\r\n\r\n"):
                    break
    scene.bar("revoked_ended_after_seconds", time.monotonic() - began, REVOKED_WITHIN + 0.5)
    yield
    closed(held)


def sizes(is_short):
    class Sizes:
        answer, answers, seconds = (12 << 20, 8, 4) if is_short else (30 << 20, 24, 15)
    return Sizes


def scenarios(size):
    grace = {"intake": {"body_grace_seconds": GRACE}}
    few = {"intake": {"max_files_per_tenant": 5}}
    return {"large-answers": (large_answers(size), {}), "half-bodies": (half_bodies, {}), "leaving": (leaving, {}),
            "connections": (connections, {}), "slow-bodies": (slow_bodies, grace), "quotas": (quotas, few),
            "revoked": (revoked, {})}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true",
                        help="smaller and shorter, and speed is told but not judged: as ops/test runs it")
    parser.add_argument("--descriptors", type=int, help="so many for each process, as `ulimit -n` sets it")
    parser.add_argument("name", nargs="*", help=f"of {', '.join(scenarios(sizes(True)))}; all when none is named")
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))
    size, holds = sizes(options.short), True
    for name, (abuse, settings) in scenarios(size).items():
        if options.name and name not in options.name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            scene = Scene(pathlib.Path(folder) / "stack", options.descriptors, options.short, **settings)
            try:
                line = scene.measure(name, abuse, size.seconds)
            finally:
                scene.stop()
        print(json.dumps(line), flush=True)
        holds = holds and line["holds"]
    sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
