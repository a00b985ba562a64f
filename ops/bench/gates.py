#!/usr/bin/env python3
"""What all gates cost a whole Penstock: the drain with every limit set, far above what is used, against none.

Usage: gates.py [LINES] [PAIRS]      default: 20,000 lines, 2 pairs, in the order without, with, with, without
"""

import json
import statistics
import sys

from bench import BenchStack, measure
from drain import drain

CALLS, WORKERS = 64, 1
BAR = 0.9
FAR = 1_000_000_000
RATES = {"requests_per_minute": 50_000_000, "requests_per_day": FAR, "tokens_per_minute": FAR,
         "input_tokens_per_minute": FAR, "output_tokens_per_minute": FAR}
POLICY = {"weight": 3, "max_running": 10_000, "requests_per_minute": 10_000_000, "tokens_per_minute": FAR,
          "max_jobs": FAR, "max_bytes": FAR, "max_tokens": FAR}


class GatedStack(BenchStack):
    """A stack with every limit that a pool, a limit group, a target and a tenant can have."""

    def __init__(self, folder, base_url, calls=256, **changes):
        super().__init__(folder, base_url, calls, **changes)
        pool = self.settings["pools"]["bench"]
        pool.update(max_jobs=FAR, max_bytes=FAR, max_tokens=FAR)
        pool["limit_groups"]["bench"].update(RATES)
        pool["targets"]["bench"]["max_concurrency"] = 10_000
        self.settings_file.write_text(json.dumps(self.settings, indent=2))

    def tenant(self, name=None, **options):
        user = super().tenant(name, **options)
        reply = self.admin.put(f"/v1/admin/tenants/{user.name}", POLICY)
        assert reply.status == 200, reply
        return user


def compare(folder, lines, pairs):
    rates = {BenchStack: [], GatedStack: []}
    for number in range(pairs):
        # Whoever goes first is not the same each time, for the machine changes under both.
        order = [BenchStack, GatedStack] if number % 2 == 0 else [GatedStack, BenchStack]
        for kind in order:
            place = folder / f"{number}-{kind.__name__}"
            place.mkdir()
            rates[kind].append(drain(place, lines, CALLS, WORKERS, kind)["jobs_per_second"])
    without, gated = (statistics.median(rates[kind]) for kind in (BenchStack, GatedStack))
    ratio = gated / without
    return {"lines": lines, "without": rates[BenchStack], "with_all_gates": rates[GatedStack], "ratio": round(ratio, 3),
            "bar": f"≥ {BAR} of the drain without", "holds": ratio >= BAR}


if __name__ == "__main__":
    lines, pairs = (int(word) for word in (sys.argv[1:] + ["20000", "2"][len(sys.argv) - 1:]))
    measure("scheduling.gates", lambda folder: compare(folder, lines, pairs))
