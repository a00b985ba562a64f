"""Runs scenarios one after the other: one JSON line each, exit code 1 when a bar does not hold."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

from .scenario import Context
from .scenarios import ALL


def arguments():
    parser = argparse.ArgumentParser(prog="ops/chaos/run", description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"one of {', '.join(ALL)}; all when none is named")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--short", dest="size", action="store_const", const="short",
                      help="about half a minute each (default)")
    size.add_argument("--long", dest="size", action="store_const", const="long", help="as the bars of README.md ask")
    parser.add_argument("--seed", type=int, default=1, help="of the work and of the driver's choices (default 1)")
    parser.add_argument("--ledger", choices=["sqlite", "mongodb"], help="default sqlite, or what a scenario is about")
    parser.add_argument("--jobs", type=int, help="so many single jobs instead of the scenario's own number")
    parser.add_argument("--kills", type=int, help="so many kills, stops or restarts instead of its own number")
    parser.add_argument("--at-once", type=int, default=1, help="so many scenarios side by side (default 1)")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs, Redis and ledger, and name it")
    parser.set_defaults(size="short")
    options = parser.parse_args()
    unknown = set(options.scenario) - set(ALL)
    if unknown:
        parser.error(f"unknown scenario {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    return options


def run(scenario, options):
    """Whether all bars held."""
    sizes = dict(getattr(scenario, options.size))
    sizes.update({name: value for name in ["jobs", "kills"] if (value := getattr(options, name)) is not None})
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"penstock-chaos-{scenario.name}-"))
    context = Context(folder, options.seed, options.ledger or scenario.ledgers[0], sizes)
    try:
        scenario.run(context)
    except Exception as error:
        traceback.print_exc()
        context.report.note(error=repr(error))
        context.report.equals("ran_to_its_end", False, True)
    line = context.report.line(scenario=scenario.name, size=options.size, seed=options.seed, ledger=context.ledger,
                               cores=os.cpu_count())
    print(json.dumps(line), flush=True)
    if options.keep:
        print(f"kept: {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return line["holds"]


def run_side_by_side(scenarios, options):
    """Each in a process of its own; whether all bars of each held."""
    more = [word for name in ["seed", "ledger", "jobs", "kills"] if (value := getattr(options, name)) is not None
            for word in (f"--{name}", str(value))] + (["--keep"] if options.keep else [])

    def one(scenario):
        command = [sys.executable, "-m", "chaos", scenario.name, f"--{options.size}", *more]
        return subprocess.run(command).returncode == 0

    with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        return list(pool.map(one, scenarios))


def main():
    options = arguments()
    chosen = [ALL[name] for name in options.scenario or ALL]
    if options.ledger:
        # A scenario about one ledger's troubles has nothing to say about another.
        chosen = [each for each in chosen if options.ledger in each.ledgers]
    if options.at_once > 1 and len(chosen) > 1:
        held = run_side_by_side(chosen, options)
    else:
        held = [run(each, options) for each in chosen]
    failed = [each.name for each, held in zip(chosen, held) if not held]
    if failed:
        print(f"did not hold: {', '.join(failed)}", file=sys.stderr)
    sys.exit(1 if failed or not chosen else 0)


if __name__ == "__main__":
    main()
