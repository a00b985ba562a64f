#!/usr/bin/env python3
"""Large files in bounded memory: 200 MB uploaded by curl (`Expect: 100-continue`), the same as message batch, a batch of
50,000 lines from its creation until its first call, and its results downloaded.

Usage: transfer.py [MEGABYTES]      default: 200
"""

import json
import subprocess
import sys
import time

from bench import BenchStack, Provider, eventually, measure, request
from harness import batches
from harness.processes import peak_memory

LINES = 50_000
BARS = {"upload_mb_per_second": (">=", 50), "intake_peak_mb": ("<=", 150),
        "create_seconds": ("<=", 1), "validation_seconds": ("<=", 3), "first_call_seconds": ("<=", 1),
        "download_mb_per_second": (">=", 50)}


def transfer(folder, megabytes):
    provider = Provider(folder / "provider")
    stack = BenchStack(folder / "stack", f"http://127.0.0.1:{provider.port}/v1",
                       intake={"max_file_bytes": (megabytes + 10) << 20, "max_message_batch_bytes": (megabytes + 10) << 20})
    try:
        stack.run_roles("intake", "scheduler")
        large, messages = folder / "large.jsonl", folder / "messages.json"
        write_lines(large, megabytes << 20)
        write_messages(messages, megabytes << 20)
        figures = {"upload_mb_per_second": megabytes / post(stack, "/v1/files", "-F", "purpose=batch", "-F", f"file=@{large}"),
                   "message_batch_mb_per_second": megabytes / post(
                       stack, "/v1/messages/batches", "-H", "Content-Type: application/json", "-H", "Expect: 100-continue",
                       "--data-binary", f"@{messages}"),
                   "intake_peak_mb": peak_memory(stack.alone["intake"].pid) / 1e6}
        # The message batch goes through the queue, too: the other batch has a scheduler and workers of its own.
        [made] = stack.tenant_web().get("/v1/messages/batches").json["data"]
        stack.tenant_web().post(f"/v1/messages/batches/{made['id']}/cancel", {})
        ended = lambda: stack.tenant_web().get(f"/v1/messages/batches/{made['id']}").json["processing_status"] == "ended"  # noqa: E731
        eventually(ended, "the message batch is cancelled", seconds=300)
        stack.run_roles("worker")
        return {"megabytes": megabytes, **{name: round(value, 2) for name, value in {**figures, **batch(stack, folder)}.items()}}
    finally:
        stack.stop()
        provider.stop()


def write_lines(path, size):
    with path.open("w") as file:
        number = 0
        while file.tell() < size - 1100:
            file.write(batches.line(f"line-{number}", request(number)) + "\n")
            number += 1


def write_messages(path, size):
    with path.open("w") as file:
        file.write('{"requests":[')
        number = 0
        while file.tell() < size - 1100 * 2 and number < 99_000:
            wide = max(1024, size // 99_000 + 1)
            params = request(number, wide)
            file.write(("," if number else "") + json.dumps({"custom_id": f"r{number}", "params": params}))
            number += 1
        file.write("]}")


def post(stack, path, *arguments):
    """Seconds that curl took."""
    began = time.monotonic()
    done = subprocess.run(["curl", "-sS", "--fail", "-H", f"Authorization: Bearer {stack.admin_key}", *arguments,
                           stack.url + path], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["id"], done.stdout
    return time.monotonic() - began


def batch(stack, folder):
    web = stack.tenant_web()
    path = folder / "lines.jsonl"
    path.write_text("\n".join(batches.line(f"l{number}", request(number)) for number in range(LINES)) + "\n")
    done = subprocess.run(["curl", "-sS", "--fail", "-H", f"Authorization: Bearer {stack.admin_key}", "-F", "purpose=batch",
                           "-F", f"file=@{path}", f"{stack.url}/v1/files"], capture_output=True, text=True, check=True)
    began = time.monotonic()
    made = web.post("/v1/batches", {"input_file_id": json.loads(done.stdout)["id"], "endpoint": batches.CHAT,
                                    "completion_window": "24h"}).json
    created = time.monotonic()
    look = lambda: web.get(f"/v1/batches/{made['id']}").json  # noqa: E731
    eventually(lambda: look()["in_progress_at"], "it is validated", seconds=60, pause=0.02)
    validated = time.monotonic()
    ended = eventually(lambda: (now := look())["completed_at"] and now, "all are done", seconds=300, pause=0.2)
    began_download = time.monotonic()
    got = subprocess.run(["curl", "-sS", "--fail", "-o", "/dev/null", "-w", "%{size_download}",
                          "-H", f"Authorization: Bearer {stack.admin_key}",
                          f"{stack.url}/v1/files/{ended['output_file_id']}/content"], capture_output=True, text=True, check=True)
    download_seconds = time.monotonic() - began_download
    [row] = stack.ledger.rows("batches", {"id": made["id"]}, "document")
    first = min(each["started_ms"] for each in stack.ledger.attempts(batch=made["id"]))
    return {"create_seconds": created - began, "validation_seconds": validated - created,
            # By the books: the API counts once a second.
            "first_call_seconds": (first - json.loads(row["document"])["in_progress_ms"]) / 1000,
            "download_mb_per_second": int(got.stdout) / 1e6 / download_seconds}


def judged(figures):
    """With the bars that did not hold."""
    def holds(name, how, bar):
        return figures[name] >= bar if how == ">=" else figures[name] <= bar
    return {**figures, "missed": [name for name, (how, bar) in BARS.items() if not holds(name, how, bar)]}


if __name__ == "__main__":
    megabytes = int((sys.argv[1:] + ["200"])[0])
    measure("transfer", lambda folder: judged(transfer(folder, megabytes)))
