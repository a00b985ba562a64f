#!/usr/bin/env python3
"""How fast batch lines of about 1 KB are uploaded, validated and queued: from the first byte until the last is in Redis.

No worker runs and the feeding window is as large as the file, so that every line ends up in the queue and is counted.
Usage: upload.py [LINES]      default: 50,000
"""

import sys

from bench import BenchStack, Meter, eventually, measure, request
from harness import batches
from harness.web import Web

BOUNDARY = "bench-boundary"


def upload(folder, lines):
    window = {"feed_window_lines": 100_000, "feed_window_bytes": 1 << 30}
    stack = BenchStack(folder / "stack", "http://127.0.0.1:1/v1", scheduler=window)
    try:
        stack.run_roles("intake", "scheduler")
        body = form("\n".join(batches.line(f"line-{number}", request(number)) for number in range(lines)) + "\n")
        web, meter = Web(stack.url, stack.admin_key), Meter(stack)
        reply = web.post("/v1/files", body, headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})
        assert reply.status == 200, reply
        uploaded = meter.elapsed
        batch = web.post("/v1/batches", {"input_file_id": reply.json["id"], "endpoint": batches.CHAT,
                                         "completion_window": "24h"})
        assert batch.status == 200, batch
        eventually(lambda: stack.queued() == lines, "all lines are queued", seconds=120, pause=0.02)
        return {"bytes": len(body), "upload_seconds": round(uploaded, 3), **meter.read(lines)}
    finally:
        stack.stop()


def form(content):
    """A multipart form as an SDK sends it, made before the clock runs."""
    fields = (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
              f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="bench.jsonl"\r\n\r\n')
    return fields.encode() + content.encode() + f"\r\n--{BOUNDARY}--\r\n".encode()


if __name__ == "__main__":
    lines = int((sys.argv[1:] + ["50000"])[0])
    measure("upload", lambda folder: upload(folder, lines))
