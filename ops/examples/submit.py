#!/usr/bin/env python3
"""Submits the example files for their tenants at once, follows them, shows some answers and checks the books.

A file belongs to the tenant that its name begins with. Needs nothing beyond Python's standard library.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import books

FOLDER = pathlib.Path(__file__).resolve().parent
TERMINAL = {"completed", "failed", "expired", "cancelled"}
PATIENCE = 240  # seconds without any progress
POLL = 0.5


class Failure(Exception):
    """Something that ends the program, in words for people."""


class Penstock:
    """The command line of Penstock, on behalf of one tenant."""

    def __init__(self, options, tenant):
        self.command = [options.penstock]
        self.environment = {**os.environ, "PENSTOCK_URL": options.url, "NO_COLOR": "1",
                            "PENSTOCK_API_KEY": (options.state / f"{tenant}.key").read_text().strip()}

    def run(self, *arguments):
        done = subprocess.run([*self.command, *arguments], env=self.environment, capture_output=True, text=True,
                              encoding="utf-8", timeout=120)
        if done.returncode != 0:
            raise Failure(f"penstock {' '.join(arguments)}: exit code {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def objects(self, *arguments):
        """The JSON objects that the command prints, one per line."""
        return [json.loads(line) for line in self.run(*arguments, "--json").split("\n") if line]


class Submission:
    """One example file on its way."""

    def __init__(self, options, path):
        self.path, self.tenant = path, path.name.split("-")[0]
        self.feature = path.stem.split("-", 1)[1]
        self.penstock = Penstock(options, self.tenant)
        self.input_lines = path.read_text(encoding="utf-8").split("\n")
        self.total = sum(1 for line in self.input_lines if line)
        self.batch = None

    def submit(self):
        [self.batch] = self.penstock.objects("submit", str(self.path), "--tag", f"feature={self.feature}")

    def refresh(self):
        if not self.is_over:
            [self.batch] = self.penstock.objects("status", self.batch["id"])

    @property
    def is_over(self):
        return self.batch["status"] in TERMINAL

    @property
    def finished(self):
        counts = self.batch["request_counts"]
        return counts["completed"] + counts["failed"]

    def fetch_results(self):
        """The lines of the output and the error file."""
        identifier = self.batch["id"]
        text = self.penstock.run("results", identifier) + self.penstock.run("results", identifier, "--errors")
        self.results = [json.loads(line) for line in text.split("\n") if line]

    def complaints(self, ledger):
        if self.batch["status"] != "completed":
            yield f"the batch is {self.batch['status']}: {json.dumps(self.batch.get('errors'))[:300]}"
            return
        yield from books.incomplete(self.input_lines, self.results)
        lines = self.penstock.objects("cost", "--by", "batch")
        mine = [line for line in lines if line["key"] == self.batch["id"]]
        if len(mine) == 1:
            yield from books.disagreements(self.batch, self.results, mine[0], ledger)
        else:
            yield f"penstock cost --by batch has {len(mine)} lines of the batch"


class Display:
    """Progress per tenant: bars that are redrawn on a terminal, a line every few seconds elsewhere."""

    def __init__(self, submissions):
        self.submissions, self.drawn, self.shown_at = submissions, 0, 0.0
        self.is_terminal = sys.stdout.isatty()
        self.tenants = collections.OrderedDict.fromkeys(submission.tenant for submission in submissions)

    def progress(self, tenant):
        mine = [submission for submission in self.submissions if submission.tenant == tenant]
        return sum(submission.finished for submission in mine), sum(submission.total for submission in mine)

    def show(self, last=False):
        if self.is_terminal:
            self.draw()
        elif last or time.monotonic() - self.shown_at > 3:
            self.shown_at = time.monotonic()
            print("    " + "   ".join(f"{tenant} {done}/{total}" for tenant, (done, total) in self.state()), flush=True)

    def state(self):
        return [(tenant, self.progress(tenant)) for tenant in self.tenants]

    def draw(self):
        if self.drawn:
            print(f"\033[{self.drawn}A", end="")
        width = max(10, min(40, shutil.get_terminal_size().columns - 32))
        for tenant, (done, total) in self.state():
            filled = width * done // total
            print(f"    {tenant:<8} [{'#' * filled}{'-' * (width - filled)}] {done:>4}/{total}\033[K")
        self.drawn = len(self.tenants)
        sys.stdout.flush()


def at_once(function, items):
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(items)) as pool:
        return list(pool.map(function, items))


def follow(submissions):
    """Waits until all batches are over."""
    display, moved_at, before = Display(submissions), time.monotonic(), None
    while True:
        at_once(Submission.refresh, submissions)
        is_over = all(submission.is_over for submission in submissions)
        display.show(last=is_over)
        if is_over:
            return
        now = [(submission.finished, submission.batch["status"]) for submission in submissions]
        if now != before:
            before, moved_at = now, time.monotonic()
        if time.monotonic() - moved_at > PATIENCE:
            raise Failure(f"no progress for {PATIENCE} seconds")
        time.sleep(POLL)


def answer_text(body):
    """An answer in a few words."""
    if body.get("object") == "list":
        return f"{len(body['data'])} vector(s) of {len(body['data'][0]['embedding'])} numbers"
    message = body["choices"][0]["message"]
    calls = [call["function"] for call in message.get("tool_calls") or []]
    text = ", ".join(f"{call['name']}({call['arguments']})" for call in calls) or message.get("content") or ""
    return " ".join(text.split())


def show_some(submissions):
    width = min(140, shutil.get_terminal_size().columns)
    for submission in submissions:
        answered = [line for line in submission.results if (line["response"] or {}).get("status_code") == 200]
        for line in answered[:1]:
            name = f"{submission.tenant} {line['custom_id']}"
            print(f"    {name:<36} {answer_text(line['response']['body'])}"[:width])


def check(submissions, state):
    ledger, found = books.open_books(state / "ledger"), 0
    for submission in submissions:
        for complaint in submission.complaints(ledger):
            found += 1
            print(f"error: {submission.path.name} ({submission.batch['id']}): {complaint}", file=sys.stderr)
    if found:
        raise Failure("the examples did not end as they should")
    calls = sum(sum(ledger.rows_per_job(submission.batch["id"]).values()) for submission in submissions)
    dollars = sum(ledger.totals(submission.batch["id"]).cost_usd for submission in submissions)
    total = sum(submission.total for submission in submissions)
    print(f"    {total} requests, {total} answers, {calls} provider calls with a cost row each, {dollars:.6f} dollars:")
    print("    the answers, the batches, penstock cost and the ledger agree")


def run(options):
    began = time.monotonic()
    submissions = [Submission(options, path) for path in sorted(FOLDER.glob("*.jsonl"))]
    at_once(Submission.submit, submissions)
    follow(submissions)
    at_once(Submission.fetch_results, [each for each in submissions if each.batch["status"] != "failed"])
    print(f"    done in {time.monotonic() - began:.1f} s; the first answer of each file:")
    show_some([each for each in submissions if each.batch["status"] == "completed"])
    check(submissions, options.state)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--url", required=True, help="Penstock's address")
    parser.add_argument("--penstock", required=True, help="the penstock program")
    parser.add_argument("--state", required=True, type=pathlib.Path, help="folder with TENANT.key files and the ledger")
    try:
        run(parser.parse_args())
    except (Failure, subprocess.TimeoutExpired, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
