"""50,000 lines of 1 KB: accepted, validated and drained in bounded memory."""

import itertools
import time

import pytest

from harness.batches import assert_each_once, chat, create, line, wait
from harness.processes import peak_memory

LINES, BYTES_PER_LINE = 50_000, 1050
LIMIT = 200 << 20


def large_lines():
    words = itertools.cycle("the quick brown fox jumps over the lazy dog while nobody is looking".split())
    filler = " ".join(itertools.islice(words, 160))
    lines = [line(f"large-{number:05}", chat(f"{number} {filler}")) for number in range(LINES)]
    return [each + " " * max(0, BYTES_PER_LINE - len(each) - 1) for each in lines]


class Memory:
    """The most that each process had, over restarts too: a process that is gone keeps its peak."""

    def __init__(self, stack):
        self.stack, self.peaks = stack, {}

    def sample(self):
        for role in ["intake", "scheduler", "worker", "simulator"]:
            for pid in self.stack.pids(role):
                self.note(role, peak_memory(pid))
        self.note("redis", self.stack.redis.info("used_memory_rss"))

    def note(self, name, size):
        self.peaks[name] = max(self.peaks.get(name, 0), size)

    def __str__(self):
        return ", ".join(f"{name} {size >> 20} MB" for name, size in sorted(self.peaks.items()))


@pytest.mark.large
def test_fifty_thousand_lines(new_stack):
    stack = new_stack(simulator={"latency_ms": 50}).up()
    tenant, memory = stack.tenant(), Memory(stack)
    lines = large_lines()
    size = sum(len(each) + 1 for each in lines)
    assert size > 50_000_000
    memory.sample()
    began = time.monotonic()
    batch = create(tenant, lines)
    uploaded = time.monotonic()
    deadline, status = began + 1500, batch.status
    while status in ("validating", "in_progress", "finalizing"):
        memory.sample()
        assert time.monotonic() < deadline, f"not drained in time: {tenant.sdk.batches.retrieve(batch.id)}; {memory}"
        time.sleep(0.5)
        status = tenant.sdk.batches.retrieve(batch.id).status
    drained = time.monotonic()
    done = wait(tenant, batch)
    assert done.status == "completed", done
    output, errors = assert_each_once(tenant, done, lines)
    memory.sample()
    assert len(output) == LINES and not errors
    print(f"\n{LINES} lines, {size / 1e6:.0f} MB: upload and create {uploaded - began:.1f} s, drained after "
          f"{drained - began:.0f} s ({LINES / (drained - uploaded):.0f}/s); peaks: {memory}")
    for name in ["intake", "scheduler", "redis"]:
        assert 0 < memory.peaks[name] < LIMIT, str(memory)
    assert stack.statistics()["repeated_calls"] == 0
