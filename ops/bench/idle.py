#!/usr/bin/env python3
"""What a stack of all roles costs when there is no work.

Resident memory counts the pages that processes share, such as the program itself, once per process; proportional memory
counts them once.
Usage: idle.py [SECONDS]      default: 30 s
"""

import sys
import time

from bench import BenchStack, measure


def idle(folder, seconds):
    stack = BenchStack(folder / "stack", "http://127.0.0.1:1/v1")
    try:
        stack.up()
        time.sleep(5)  # what start-up leaves behind
        before = stack.cpu()
        time.sleep(seconds)
        after = stack.cpu()
        percent = {role: (after[role] - before[role]) / seconds * 100 for role in after}
        return {"seconds": seconds, "percent_of_a_core": with_sum(percent, 2),
                "resident_mb": with_sum(stack.memory("Rss"), 1), "proportional_mb": with_sum(stack.memory("Pss"), 1)}
    finally:
        stack.stop()


def with_sum(by_role, digits):
    """The figures by role, and what all of Penstock's own processes come to."""
    own = sum(value for role, value in by_role.items() if role != "redis")
    return {role: round(value, digits) for role, value in {"penstock": own, **by_role}.items()}


if __name__ == "__main__":
    measure("idle", lambda folder: idle(folder, int((sys.argv[1:] + ["30"])[0])))
