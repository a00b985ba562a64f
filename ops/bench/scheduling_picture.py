#!/usr/bin/env python3
"""Draws what the scheduling benchmark sampled: who got how much of a limit over time, and how much of it was used.

Usage: scheduling_picture.py SAMPLES OUT.svg      SAMPLES: a folder with pacing.json, headers.json, shared.json
"""

import json
import pathlib
import sys

from picture import COLOURS, Panel, document, top_of

LINES = {"pacing": "#4477aa", "headers": "#ee6677", "shared": "#228833"}
NAMES = {"pacing": "limit as configured", "headers": "true limit 30 % lower", "shared": "two targets, one account"}


def shares(sample, top):
    """Each tenant's part of the tokens, stacked."""
    width = sample["bin_seconds"]
    bins = list(zip(*sample["tenants"].values()))
    panel = Panel(top, len(bins) * width, 1, "Share of tokens per tenant, by the start of the calls, in steps of 10 s")
    below = [0.0] * len(bins)
    ordered = sorted(sample["tenants"].items(), key=lambda item: int(item[0].rsplit("-", 1)[1]))
    for place, (tenant, sums) in enumerate(ordered):
        above = [low + own / max(1, sum(each)) for low, own, each in zip(below, sums, bins)]
        panel.area(below, above, width, COLOURS[place])
        kind, weight = tenant.rsplit("-", 1)
        panel.legend(place, f"{kind if kind == 'guest' else 'tenant'}, weight {weight}", COLOURS[place])
        below = above
    return panel


def utilisation(samples, top):
    """What was used of the true limit."""
    seconds = max(len(next(iter(each["tenants"].values()))) * each["bin_seconds"] for each in samples)
    panel = Panel(top, seconds, 1.2, "Tokens used of the true limit, by the start of the calls, in steps of 10 s")
    for place, each in enumerate(samples):
        granted = each["tokens_per_minute"] / 60 * each["bin_seconds"]
        used = [sum(sums) / granted for sums in zip(*each["tenants"].values())]
        panel.line(used, each["bin_seconds"], LINES[each["name"]])
        panel.legend(place, NAMES[each["name"]], LINES[each["name"]])
    return panel


def draw(samples):
    return document([shares(samples[0], top_of(0)), utilisation(samples, top_of(1))])


if __name__ == "__main__":
    folder, out = map(pathlib.Path, sys.argv[1:3])
    out.write_text(draw([json.loads((folder / f"{name}.json").read_text()) for name in LINES]))
    print(f"drawn: {out}")
