"""What the benchmarks share: a stack on free ports, CPU by role, a provider that answers at once, one JSON line."""

import json
import os
import pathlib
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/EndToEnd"))

from harness.processes import BIN, Process, arguments_of, children, eventually, free_port, stat_fields  # noqa: E402
from harness.stack import OFFSETS, Stack  # noqa: E402
from harness.web import Web  # noqa: E402

MODEL = "bench-model"
TICKS = os.sysconf("SC_CLK_TCK")
COMPLETION = {
    "id": "chatcmpl-bench", "object": "chat.completion", "created": 1700000000, "model": MODEL,
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello! " * 40}}],
    "usage": {"prompt_tokens": 200, "completion_tokens": 80, "total_tokens": 280},
}


def request(number, size=1024):
    """A chat request of about `size` bytes; no two are alike."""
    body = {"model": MODEL, "max_tokens": 64, "messages": [{"role": "user", "content": f"request {number} "}]}
    body["messages"][0]["content"] += "x" * max(0, size - len(json.dumps(body)))
    return body


class Provider:
    """nginx with a fixed completion: what a provider costs when it costs nothing."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.port = free_port()
        answer = json.dumps(COMPLETION, separators=(",", ":"))
        (self.folder / "nginx.conf").write_text(f"""
            daemon off; master_process off; pid {self.folder}/nginx.pid; error_log {self.folder}/error.log;
            events {{ worker_connections 8192; }}
            http {{
                access_log off; keepalive_requests 1000000000; client_body_buffer_size 128k;
                client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/proxy;
                fastcgi_temp_path {self.folder}/fastcgi; uwsgi_temp_path {self.folder}/uwsgi;
                scgi_temp_path {self.folder}/scgi;
                server {{
                    listen 127.0.0.1:{self.port} reuseport backlog=4096;
                    location / {{ default_type application/json; return 200 '{answer}'; }}
                }}
            }}""")
        self.process = Process(["nginx", "-p", self.folder, "-c", self.folder / "nginx.conf"], self.folder / "nginx.log")
        eventually(self.answers, "nginx answers")

    def answers(self):
        assert self.process.is_running, self.process.tail()
        try:
            return Web(f"http://127.0.0.1:{self.port}").get("/").status == 200
        except OSError:
            return False

    def stop(self):
        self.process.stop()


class BenchStack(Stack):
    """One pool with one target at `base_url`, or at a simulated provider that takes `latency_ms`; no other pools."""

    def __init__(self, folder, base_url, calls=256, latency_ms=None, **changes):
        self.alone = {}
        self.has_simulator = latency_ms is not None
        super().__init__(folder, **changes)
        target = {"provider": "openai", "base_url": base_url or f"http://127.0.0.1:{self.simulator_port}/v1",
                  "model": MODEL, "limit_groups": ["bench"], "timeout_seconds": 60,
                  "price": {"input_per_million": "0.15", "output_per_million": "0.60"}}
        self.settings["pools"] = {"bench": {"targets": {"bench": target},
                                            "limit_groups": {"bench": {"max_concurrency": calls}}}}
        self.settings["routes"] = {MODEL: "bench"}
        self.settings["simulator"].update(enabled=self.has_simulator, latency_ms=latency_ms or 0)
        self.settings["worker"]["slots"] = calls
        self.settings_file.write_text(json.dumps(self.settings, indent=2))

    @property
    def simulator_answers(self):
        return not self.has_simulator or super().simulator_answers

    def tenant_web(self):
        return Web(self.url, self.admin_key)

    def queued(self):
        """Live jobs in Redis."""
        return int(self.redis.command("hlen", "penstock:5:{bench}:jobs"))

    def statistics_calls(self):
        """Calls that the simulator received."""
        return self.statistics()["calls"]

    def run_roles(self, *roles):
        """Starts only these roles, each a process of its own, instead of `up`."""
        for role in roles:
            self.alone[role] = Process([BIN / "penstockd", role, "--settings", self.settings_file],
                                       self.folder / f"{role}.log",
                                       {"PENSTOCK_OPERATIONS_PORT": str(self.operations_port + OFFSETS[role])})
        for role in roles:
            eventually(lambda: self.role_is_ready(role), f"{role} is ready", seconds=60)

    def role_is_ready(self, role):
        assert self.alone[role].is_running, self.alone[role].tail()
        return self.is_ready(role)

    def stop(self):
        for process in self.alone.values():
            process.stop()
        super().stop()

    def processes(self):
        """Role → pids, the supervisor and Redis included."""
        found = {"redis": [self.redis.process.pid], **{role: [each.pid] for role, each in self.alone.items()}}
        if self.supervisor:
            found["supervisor"] = [self.supervisor.pid]
            for pid in children(self.supervisor.pid):
                found.setdefault(arguments_of(pid)[1], []).append(pid)
        return found

    def cpu(self):
        """Role → CPU seconds so far."""
        return {role: sum(cpu_seconds(pid) for pid in pids) for role, pids in self.processes().items()}

    def memory(self, kind):
        """Role → megabytes; `kind` is Rss (resident) or Pss (proportional)."""
        return {role: sum(megabytes(pid, kind) for pid in pids) for role, pids in self.processes().items()}


def cpu_seconds(pid):
    fields = stat_fields(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0


def megabytes(pid, kind):
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n")
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:")) * 1024 / 1e6


class Meter:
    """CPU by role and wall time between two moments."""

    def __init__(self, stack):
        self.stack, self.began, self.before = stack, time.monotonic(), stack.cpu()

    @property
    def elapsed(self):
        return time.monotonic() - self.began

    def read(self, jobs):
        """Throughput, and microseconds of CPU per job by role; `penstock` is all of Penstock's own processes."""
        wall, after = time.monotonic() - self.began, self.stack.cpu()
        used = {role: after[role] - self.before.get(role, 0) for role in after}
        per_job = {role: round(seconds / jobs * 1e6, 1) for role, seconds in used.items() if seconds > 0}
        own = sum(value for role, value in per_job.items() if role not in ("redis", "simulator"))
        return {"jobs": jobs, "seconds": round(wall, 3), "jobs_per_second": round(jobs / wall),
                "cpu_us_per_job": {"penstock": round(own, 1), **per_job}}


def measure(name, body):
    """Runs `body(folder)` and prints its figures as one JSON line."""
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        figures = body(pathlib.Path(folder))
    print(json.dumps({"benchmark": name, "cores": os.cpu_count(), **figures}), flush=True)
