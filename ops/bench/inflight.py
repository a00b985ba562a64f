#!/usr/bin/env python3
"""How close one worker process comes to CALLS calls per second when each takes a second, and what memory that needs.

The simulated provider answers after a second. The rate is that of the calls between the second second's worth and the
last one, so neither the start nor the end, when fewer calls run, count.
Usage: inflight.py [SECONDS] [CALLS]      default: 20 s worth of work, 1,000 calls in flight
"""

import sys

from bench import BenchStack, Meter, eventually, measure, request
from drain import finished
from harness import batches
from harness.processes import peak_memory


def inflight(folder, seconds, calls):
    stack = BenchStack(folder / "stack", None, calls, latency_ms=1000)
    try:
        stack.up()
        tenant = stack.tenant("bench")
        lines = seconds * calls
        file = batches.upload(tenant, [batches.line(f"line-{number}", request(number)) for number in range(lines)])
        batch = tenant.sdk.batches.create(input_file_id=file.id, endpoint=batches.CHAT, completion_window="24h")
        first = begun(stack, calls * 2)
        meter = Meter(stack)
        last = begun(stack, lines - calls)
        steady, seconds = last - first, meter.elapsed
        figures = meter.read(steady)
        ended = eventually(lambda: finished(tenant, batch), "the batch ends", seconds=60, pause=0.2)
        assert ended.request_counts.completed == lines, ended
        return {"calls_in_flight": calls, "calls_per_second": round(steady / seconds),
                "worker_peak_mb": round(peak_memory(stack.pid("worker")) / 1e6, 1), **figures}
    finally:
        stack.stop()


def begun(stack, calls):
    """Waits until so many calls were received and says how many there are."""
    return eventually(lambda: (now := stack.statistics_calls()) >= calls and now, f"{calls} calls", seconds=300,
                      pause=0.01)


if __name__ == "__main__":
    seconds, calls = (int(word) for word in (sys.argv[1:] + ["20", "1000"][len(sys.argv) - 1:]))
    measure("inflight", lambda folder: inflight(folder, seconds, calls))
