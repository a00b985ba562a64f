"""Checks that what came back is complete, and that everybody's books say the same about it."""

import collections
import decimal
import json
import os
import pathlib
import sqlite3

Totals = collections.namedtuple("Totals", "input_tokens output_tokens cost_usd")


def open_books(directory):
    """The books of the ledger that ops/run uses: PENSTOCK_LEDGER's, or those of the SQLite files in `directory`."""
    uri = os.environ.get("PENSTOCK_LEDGER", "")
    return MongoDBBooks(uri) if uri.startswith("mongodb") else SQLiteBooks(directory)


class MongoDBBooks:
    """The ledger's own rows, read straight from its database."""

    def __init__(self, uri):
        import pymongo  # in .penstock/venv, where ops/run takes Python from when the ledger is MongoDB

        self.attempts = pymongo.MongoClient(uri).get_default_database("penstock").attempts

    def rows_per_job(self, batch):
        """How many cost rows each job of a batch has."""
        return dict(collections.Counter(row["job"] for row in self.attempts.find({"batch": batch}, {"job": 1})))

    def unknown_costs(self, batch):
        return sum(1 for row in self.attempts.find({"batch": batch}) if row.get("cost_nano") is None)

    def totals(self, batch):
        rows = list(self.attempts.find({"batch": batch}))
        sums = [sum(row.get(name, 0) for row in rows) for name in ("input_tokens", "output_tokens", "cost_nano")]
        return Totals(sums[0], sums[1], decimal.Decimal(sums[2]) / 10**9)


class SQLiteBooks:
    """The ledger's own rows, read straight from its SQLite file."""

    def __init__(self, directory):
        path = pathlib.Path(directory).resolve() / "ledger.sqlite"
        self.database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=30)

    def rows_per_job(self, batch):
        """How many cost rows each job of a batch has."""
        return dict(self.database.execute("SELECT job, count(*) FROM attempts WHERE batch = ? GROUP BY job", [batch]))

    def unknown_costs(self, batch):
        query = "SELECT count(*) FROM attempts WHERE batch = ? AND cost_nano IS NULL"
        return self.database.execute(query, [batch]).fetchone()[0]

    def totals(self, batch):
        query = """SELECT coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cost_nano), 0)
                   FROM attempts WHERE batch = ?"""
        tokens_in, tokens_out, nanodollars = self.database.execute(query, [batch]).fetchone()
        return Totals(tokens_in, tokens_out, decimal.Decimal(nanodollars) / 10**9)


def custom_ids(lines):
    return [json.loads(line)["custom_id"] for line in lines if line.strip()]


def duplicates(values):
    return [value for value, count in collections.Counter(values).items() if count > 1]


def incomplete(input_lines, results):
    """What is wrong with the result lines as answers to the input lines."""
    asked, answered = custom_ids(input_lines), [result["custom_id"] for result in results]
    for name, ids in [("unanswered", set(asked) - set(answered)), ("answered but never asked", set(answered) - set(asked)),
                      ("answered twice", duplicates(answered))]:
        if ids:
            yield f"{len(ids)} requests {name}, such as {sorted(ids)[0]}"
    bad = [result for result in results if (result["response"] or {}).get("status_code") != 200]
    if bad:
        why = bad[0]["error"] or bad[0]["response"]
        yield f"{len(bad)} requests failed, such as {bad[0]['custom_id']}: {json.dumps(why)[:200]}"


def usage_of(results):
    """Tokens that the answers themselves report."""
    usages = [result["response"]["body"].get("usage") or {} for result in results if result["response"]]
    tokens_in = sum(usage.get("prompt_tokens", usage.get("input_tokens", 0)) for usage in usages)
    return tokens_in, sum(usage.get("completion_tokens", usage.get("output_tokens", 0)) for usage in usages)


def disagreements(batch, results, cost_line, books):
    """What the batch, its answers, `penstock cost` and the ledger say differently."""
    usage = batch["usage"]
    in_batch = Totals(usage["input_tokens"], usage["output_tokens"], decimal.Decimal(batch["cost_usd"]))
    in_report = Totals(cost_line["input_tokens"], cost_line["output_tokens"], decimal.Decimal(cost_line["cost_usd"]))
    in_ledger = books.totals(batch["id"])
    if not in_batch == in_report == in_ledger:
        yield f"totals differ: batch {in_batch}, penstock cost {in_report}, ledger {in_ledger}"
    if usage_of(results) != in_batch[:2]:
        yield f"the answers report {usage_of(results)} tokens, the batch {in_batch[:2]}"
    rows = books.rows_per_job(batch["id"])
    without = [result["id"] for result in results if result["id"] not in rows]
    if without:
        yield f"{len(without)} jobs without a cost row, such as {without[0]}"
    if cost_line["calls"] != sum(rows.values()):
        yield f"penstock cost counts {cost_line['calls']} calls, the ledger has {sum(rows.values())} rows"
    if books.unknown_costs(batch["id"]):
        yield f"the cost of {books.unknown_costs(batch['id'])} calls is unknown"
