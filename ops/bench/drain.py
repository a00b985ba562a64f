#!/usr/bin/env python3
"""How fast queued batch lines are called, recorded and settled when the provider answers at once.

Usage: drain.py [LINES] [CALLS] [WORKERS]      default: 20,000 lines, 64 calls in flight in 1 worker process
"""

import sys

from bench import BenchStack, Meter, Provider, eventually, measure, request
from harness import batches
from harness.settings import fixed


def drain(folder, lines, calls, workers, stack_class=BenchStack):
    provider = Provider(folder / "nginx")
    stack = stack_class(folder / "stack", f"http://127.0.0.1:{provider.port}/v1", calls,
                        worker=fixed(workers))
    try:
        stack.up()
        tenant = stack.tenant("bench")
        content = [batches.line(f"line-{number}", request(number)) for number in range(lines)]
        file = batches.upload(tenant, content)
        meter = Meter(stack)
        batch = tenant.sdk.batches.create(
            input_file_id=file.id, endpoint=batches.CHAT, completion_window="24h")
        ended = eventually(lambda: finished(tenant, batch), "the batch ends", seconds=600, pause=0.2)
        figures = meter.read(lines)
        assert (ended.request_counts.completed, ended.status) == (lines, "completed"), ended
        return {"calls_in_flight": calls, "workers": workers, **figures}
    finally:
        stack.stop()
        provider.stop()


def finished(tenant, batch):
    now = tenant.sdk.batches.retrieve(batch.id)
    return now if now.status in batches.TERMINAL else None


if __name__ == "__main__":
    lines, calls, workers = (int(word) for word in (sys.argv[1:] + ["20000", "64", "1"][len(sys.argv) - 1:]))
    measure("drain", lambda folder: drain(folder, lines, calls, workers))
