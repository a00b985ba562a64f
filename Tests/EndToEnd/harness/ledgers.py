"""Where a stack's ledger is, and what its own rows say: SQLite files, or a database on MongoDB's wire protocol."""

import os
import pathlib
import sqlite3
import uuid

import pymongo

from .processes import ROOT, Process, eventually, free_port

NX = os.environ.get("PENSTOCK_TEST_NX27017", ROOT / ".penstock/venv/bin/nx-27017")


JOB_COLUMNS = ["id", "tenant", "batch", "line", "custom_id", "created_ms", "finished_ms", "state", "attempts", "request_id",
               "error_class"]


class SQLiteLedger:
    def __init__(self, folder):
        self.file, self.url = pathlib.Path(folder) / "ledger/ledger.sqlite", f"sqlite:{folder}/ledger"

    def attempts(self, **where):
        """Cost rows, as dictionaries; those whose members are like `where`."""
        return self.rows("attempts", where)

    def deliveries(self, **where):
        """Webhooks, sent or not."""
        return self.rows("deliveries", where)

    def undispatched_events(self):
        return len(self.rows("events", {}))

    def jobs(self, **where):
        """Terminal rows without their answers."""
        return self.rows("jobs", where, ", ".join(JOB_COLUMNS))

    def batch_states(self):
        """Batch → state."""
        return {row["id"]: row["state"] for row in self.rows("batches", {}, "id, state")}

    def still_accepted(self):
        """Jobs that are kept because they have not ended; what a quarantined one asked for is kept beside them."""
        return self.rows("accepted", {"is_quarantined": 0}, "COUNT(*) AS rows")[0]["rows"]

    def count(self, table):
        return self.rows(table, {}, "COUNT(*) AS rows")[0]["rows"]

    def rows(self, table, where, columns="*"):
        conditions = " AND ".join(f"{name} = ?" for name in where) or "TRUE"
        database = sqlite3.connect(f"{self.file.as_uri()}?mode=ro", uri=True, timeout=30)
        database.row_factory = sqlite3.Row
        try:
            found = database.execute(f"SELECT {columns} FROM {table} WHERE {conditions}", [*where.values()])
            return [dict(row) for row in found]
        finally:
            database.close()

    def stop(self):
        pass


class MongoDBLedger:
    """A database on the server that PENSTOCK_TEST_MONGODB_URI names, dropped at the end, or on an nx-27017 of its own."""

    def __init__(self, folder):
        self.folder, self.process = pathlib.Path(folder) / "mongodb", None
        name, server = f"penstock_test_{uuid.uuid4().hex[:12]}", os.environ.get("PENSTOCK_TEST_MONGODB_URI")
        if not server:
            self.folder.mkdir(parents=True)
            self.port = free_port()
            self.start()
            server = f"mongodb://127.0.0.1:{self.port}"
        base, mark, options = server.partition("?")
        host = "/".join(base.split("/")[:3])
        self.url = f"{host}/{name}{mark}{options}"
        self.client = pymongo.MongoClient(self.url)
        self.database = self.client[name]

    def start(self):
        self.process = Process(
            [NX, "--data-dir", self.folder / "data", "--port", self.port, "--pid-file", self.folder / "pid",
             "--log-file", self.folder / "log"], self.folder / "output.log")
        eventually(lambda: self.answers, "nx-27017 answers")

    @property
    def answers(self):
        assert self.process.is_running, self.process.tail()
        try:
            with pymongo.MongoClient("127.0.0.1", self.port, serverSelectionTimeoutMS=500) as client:
                return client.admin.command("ping")["ok"]
        except pymongo.errors.PyMongoError:
            return False

    def attempts(self, **where):
        names = ["batch", "status", "cost_nano", "input_tokens", "output_tokens", "feature", "customer"]
        return [as_row(document, names) for document in self.database.attempts.find(where)]

    def deliveries(self, **where):
        return [as_row(document, []) for document in self.database.deliveries.find(where)]

    def jobs(self, **where):
        wanted = dict.fromkeys(JOB_COLUMNS[1:], 1)
        return [as_row(document, JOB_COLUMNS[1:]) for document in self.database.jobs.find(where, wanted)]

    def batch_states(self):
        return {document["_id"]: document["state"] for document in self.database.batches.find({}, {"state": 1})}

    def still_accepted(self):
        return self.database["accepted"].count_documents({"pool": {"$exists": True}})

    def count(self, collection):
        return self.database[collection].count_documents({})

    def undispatched_events(self):
        return sum(self.database[name].count_documents({"webhook_due": True}) for name in ["jobs", "batches"])

    def stop(self):
        if self.process is None:
            self.client.drop_database(self.database.name)
        self.client.close()
        if self.process:
            # Nobody reads its data again, and it is in no hurry to end when asked.
            self.process.kill()


def as_row(document, names):
    """A document as SQLite's rows are: with an `id`, and with NULL for those of `names` that are absent."""
    return {**dict.fromkeys(names), **document, "id": document["_id"]}


KINDS = {"sqlite": SQLiteLedger, "mongodb": MongoDBLedger}
