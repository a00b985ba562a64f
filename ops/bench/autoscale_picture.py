#!/usr/bin/env python3
"""Draws what the autoscaling benchmark sampled: load, wish, workers and use of what bounds them.

Usage: autoscale_picture.py SAMPLES OUT.svg      SAMPLES: a folder with slots.csv, cpu.csv, limit.csv
"""

import csv
import pathlib
import sys

from picture import Panel, document, top_of

NAMES = {"slots": "Slots bind: calls of 1 s, 250 per worker",
         "cpu": "Processors bind: calls of 5 ms, a worker should use a tenth of a processor",
         "limit": "The provider's limit binds: 3,000 requests/min, calls of 1 s, 20 per worker"}
FULL_LOAD = 2_000
LOAD, USE, WISH, READY, LIVING = "#bbccdd", "#ee6677", "#228833", "#4477aa", "#ccbb44"


def read(file):
    with file.open() as lines:
        return list(csv.DictReader(lines))


def numbers(rows, name, scale=1.0):
    return [float(row[name]) * scale if row[name] else None for row in rows]


def bands(panel, rows):
    """The seconds in which Redis was away."""
    away = [float(row["second"]) for row in rows if row["redis"] == "away"]
    if away:
        panel.band(away[0], away[-1] + 1, "no Redis")


def load(rows, top, name):
    moments = numbers(rows, "second")
    panel = Panel(top, moments[-1] + 1, 1.2, NAMES[name])
    bands(panel, rows)
    panel.steps(moments, numbers(rows, "load", 1 / FULL_LOAD), "#7799bb")
    panel.steps(moments, numbers(rows, "calls_begun", 1 / FULL_LOAD), LOAD)
    panel.steps(moments, numbers(rows, "use"), USE)
    panel.legend(0, "jobs/s handed in, of 2,000", "#7799bb")
    panel.legend(1, "calls/s begun, of 2,000", LOAD)
    panel.legend(2, {"slots": "slots in use", "cpu": "processors, of the target",
                     "limit": "use of the limit"}[name], USE)
    return panel


def count(rows, top):
    moments = numbers(rows, "second")
    most = max(value for name in ["desired", "living"] for value in numbers(rows, name) if value is not None) + 1
    each = max(1, round(most / 6))
    ticks = [(value, str(value)) for value in range(0, int(most) + 1, each)]
    panel = Panel(top, moments[-1] + 1, most, "Workers", ticks)
    bands(panel, rows)
    panel.steps(moments, numbers(rows, "living"), LIVING)
    panel.steps(moments, numbers(rows, "ready"), READY)
    panel.steps(moments, numbers(rows, "desired"), WISH, dash="6 3")
    panel.legend(0, "living processes", LIVING)
    panel.legend(1, "ready, by the fleet's board", READY)
    panel.legend(2, "wanted", WISH)
    return panel


def draw(samples):
    """`samples` are rows by scenario."""
    panels = []
    for name, rows in samples.items():
        panels.append(load(rows, top_of(len(panels)), name))
        panels.append(count(rows, top_of(len(panels))))
    return document(panels)


if __name__ == "__main__":
    folder, out = map(pathlib.Path, sys.argv[1:3])
    out.write_text(draw({name: read(folder / f"{name}.csv") for name in NAMES if (folder / f"{name}.csv").exists()}))
    print(f"drawn: {out}")
