"""Warnings and errors of all processes together: an outage is told once per cause and second, not thousands of times."""

import collections
import datetime
import json

MOST_PER_SECOND = 10
LEVELS = {"warning", "error", "critical"}


def check(world, began_ms, ended_ms):
    """Of the time between two moments."""
    kinds = collections.Counter(
        f"{each['role']}: {each['message']}" for file in world.stack.folder.glob("*.log")
        for each in entries(file) if each.get("level") in LEVELS and began_ms <= moment_ms(each) < ended_ms)
    world.report.note(complaints=kinds.total(), most_frequent_complaints=dict(kinds.most_common(3)))
    per_second = kinds.total() / (ended_ms - began_ms) * 1000
    world.report.at_most("complaints_per_second", round(per_second, 2), MOST_PER_SECOND)


def entries(file):
    """The lines of a log that are ours; what a killed process left unfinished is nobody's."""
    for line in file.read_text(errors="replace").splitlines():
        if line.startswith('{"ts":'):
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                pass


def moment_ms(entry):
    return datetime.datetime.fromisoformat(entry["ts"]).timestamp() * 1000
