#!/usr/bin/env python3
"""Draws what the scheduling benchmark sampled: who got how much of a limit over time, and how much of it was used.

Usage: scheduling_picture.py SAMPLES OUT.svg      SAMPLES: a folder with pacing.json, headers.json, shared.json
"""

import json
import pathlib
import sys

WIDTH, LEFT, RIGHT, HEIGHT, GAP, TOP = 920, 60, 210, 220, 70, 50
COLOURS = ["#4477aa", "#66ccee", "#228833", "#ee6677", "#ccbb44"]
LINES = {"pacing": "#4477aa", "headers": "#ee6677", "shared": "#228833"}
NAMES = {"pacing": "limit as configured", "headers": "true limit 30 % lower", "shared": "two targets, one account"}


class Panel:
    """One chart: time across, 0 to `most` upwards."""

    def __init__(self, top, seconds, most, title):
        self.top, self.seconds, self.most, self.parts = top, seconds, most, []
        self.text(LEFT, top - 14, title, "font-weight='bold'")
        for tenth in range(0, int(most * 10) + 1, 2):
            y = self.y(tenth / 10)
            self.parts.append(f"<line x1='{LEFT}' y1='{y:.1f}' x2='{WIDTH - RIGHT}' y2='{y:.1f}' stroke='#ddd'/>")
            self.text(LEFT - 8, y + 4, f"{tenth * 10} %", "text-anchor='end'")
        for moment in range(0, int(seconds) + 1, 60):
            self.text(self.x(moment), top + HEIGHT + 18, f"{moment} s", "text-anchor='middle'")

    def x(self, moment):
        return LEFT + (WIDTH - LEFT - RIGHT) * moment / self.seconds

    def y(self, value):
        return self.top + HEIGHT * (1 - min(value, self.most) / self.most)

    def text(self, x, y, words, style=""):
        self.parts.append(f"<text x='{x:.1f}' y='{y:.1f}' {style}>{words}</text>")

    def points(self, values, width):
        return [f"{self.x((place + 0.5) * width):.1f},{self.y(value):.1f}" for place, value in enumerate(values)]

    def area(self, below, above, width, colour):
        edge = self.points(above, width) + self.points(below, width)[::-1]
        self.parts.append(f"<polygon points='{' '.join(edge)}' fill='{colour}'/>")

    def line(self, values, width, colour):
        self.parts.append(f"<polyline points='{' '.join(self.points(values, width))}' fill='none' "
                          f"stroke='{colour}' stroke-width='2'/>")

    def legend(self, place, words, colour):
        y = self.top + 16 + place * 20
        self.parts.append(f"<rect x='{WIDTH - RIGHT + 12}' y='{y - 10}' width='12' height='12' fill='{colour}'/>")
        self.text(WIDTH - RIGHT + 30, y, words)


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
    panels = [shares(samples[0], TOP), utilisation(samples, TOP + HEIGHT + GAP)]
    height = TOP + len(panels) * (HEIGHT + GAP)
    body = "\n".join(part for panel in panels for part in panel.parts)
    return (f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}' "
            f"font-family='sans-serif' font-size='12'>\n<rect width='100%' height='100%' fill='white'/>\n{body}\n</svg>\n")


if __name__ == "__main__":
    folder, out = map(pathlib.Path, sys.argv[1:3])
    out.write_text(draw([json.loads((folder / f"{name}.json").read_text()) for name in LINES]))
    print(f"drawn: {out}")
