#!/usr/bin/env python3
"""How fast single jobs are taken in: POST /v1/jobs with 1 KB bodies until each 202, which follows Redis' acknowledgement.

Only intake and Redis run, so the jobs stay queued and are counted afterwards.
Usage: intake.py [SECONDS] [CONNECTIONS]      default: 8 s, 64 connections
"""

import json
import os
import subprocess
import sys

from bench import MODEL, ROOT, BenchStack, Meter, measure


def intake(folder, seconds, connections):
    stack = BenchStack(folder / "stack", "http://127.0.0.1:1/v1")
    try:
        stack.run_roles("intake")
        warm_up, figures = None, None
        for duration in (2, seconds):
            meter = Meter(stack)
            load = wrk(stack, duration, connections)
            assert load["socket_errors"] == load["refused"] == 0, load
            figures = {**load, **meter.read(load["requests"])}
            warm_up = warm_up or load["requests"]
        queued = stack.queued()
        assert queued >= warm_up + load["requests"], (queued, warm_up, load)
        return {"connections": connections, "queued": queued, **figures}
    finally:
        stack.stop()


def wrk(stack, seconds, connections):
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", ROOT / "ops/bench/jobs.lua", stack.url],
        env={**os.environ, "BENCH_KEY": stack.admin_key, "BENCH_MODEL": MODEL}, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.strip().split("\n")[-1])


if __name__ == "__main__":
    seconds, connections = (int(word) for word in (sys.argv[1:] + ["8", "64"][len(sys.argv) - 1:]))
    measure("intake", lambda folder: intake(folder, seconds, connections))
