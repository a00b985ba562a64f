"""The ledger out of reach under load: SQLite locked by somebody else, its disk full, MongoDB stopped."""

import resource
import sqlite3
import subprocess
import time

from harness.processes import peak_memory

from .. import complaints
from ..calls import now_ms
from ..invariants import check_all
from ..redis_client import RedisClient
from ..scenario import Scenario
from ..watch import Watch
from ..world import World

DISK_BYTES = 160 << 20
SPOOL = 1 << 20
WORKER_MEMORY, REDIS_GROWTH = 200 << 20, 96 << 20


class Locked:
    """Another program holds the write lock of the database."""

    def __init__(self, world):
        # Autocommit, so that the transaction is ours to begin and end.
        self.database = sqlite3.connect(world.ledger.file, timeout=30, isolation_level=None)

    def begin(self):
        self.database.execute("BEGIN EXCLUSIVE")

    def end(self):
        self.database.execute("ROLLBACK")
        self.database.close()


class Full:
    """A file system of its own for the ledger, and a file that takes all that is left of it."""

    def __init__(self, world):
        self.filler = world.ledger.file.parent / "filler"

    def begin(self):
        with self.filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError as error:
                assert error.errno == 28, error  # ENOSPC

    def end(self):
        self.filler.unlink()


class Limited:
    """Where nothing may be mounted: no process can write beyond the first bytes of a file, which SQLite takes for much
    the same. Their logs stop meanwhile, too."""
    BEFORE = ("env", "--ignore-signal=XFSZ")

    def __init__(self, world):
        self.world = world

    def begin(self):
        self.limit(1)

    def end(self):
        self.limit(resource.RLIM_INFINITY)

    def limit(self, most):
        for member in self.world.fleet.members:
            if member.role != "simulator":
                resource.prlimit(member.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


class Stopped:
    """No MongoDB."""

    def __init__(self, world):
        self.ledger = world.ledger

    def begin(self):
        self.ledger.process.kill()

    def end(self):
        self.ledger.start()


class Memory:
    """The most that Redis, workers and spools took, by looks twice a second."""

    def __init__(self, world):
        self.world, self.redis, self.first = world, RedisClient(world.redis.port), world.redis.info("used_memory")
        self.redis_bytes = self.worker_bytes = self.spooled = self.spooled_bytes = 0
        self.watch = Watch(self.look, 0.5)

    def look(self):
        info = dict(line.split(":", 1) for line in self.redis.call("INFO", "memory").split("\r\n") if ":" in line)
        self.redis_bytes = max(self.redis_bytes, int(info["used_memory"]))
        outcomes, length = self.world.queue.spooled()
        self.spooled, self.spooled_bytes = max(self.spooled, outcomes), max(self.spooled_bytes, length)
        for worker in list(self.world.fleet.of("worker")):
            self.worker_bytes = max(self.worker_bytes, peak_memory(worker.pid))


def run_on_full_disk(context):
    """On a small file system, where one may be mounted."""
    folder = context.folder / "stack/ledger"
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0700", "tmpfs", folder]
    if subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
        context.report.note(full_by="a limit on the size of files")
        return run(context, Limited, before=Limited.BEFORE)
    context.report.note(full_by="a small file system")
    try:
        run(context, Full)
    finally:
        subprocess.run(["umount", folder], check=True)


def run(context, outage, before=()):
    size = context.size
    with World(context, webhooks=True, before=before, worker={"slots": 32, "spool_bytes": SPOOL}) as world:
        world.fleet.start("worker", 2)
        work = world.work
        batches = [work.make_batch(tenant, size.jobs // 6, size.latency, webhook=world.own_webhook)
                   for tenant in work.tenants]
        jobs = work.make_jobs(size.jobs // 2, size.latency, webhook=world.own_webhook)
        submission = work.hand_in(jobs, batches, rate=size.rate)
        world.wait_for_calls(60)
        memory, trouble = Memory(world), outage(world)
        trouble.begin()
        began, began_ms = time.monotonic(), now_ms()
        calls_before = len(world.calls.calls)
        world.rest(size.outage)
        calls_after = len(world.calls.calls)
        trouble.end()
        outage_seconds, ended_ms = time.monotonic() - began, now_ms()
        world.drain(submission, seconds=size.patience)
        memory.watch.end()
        check_all(world)
        report = world.report
        report.note(outage_seconds=round(outage_seconds, 1), calls_during_outage=calls_after - calls_before,
                    most_spooled=memory.spooled)
        report.at_least("outage_seconds", round(outage_seconds, 1), size.outage)
        report.at_most("most_spooled_bytes", memory.spooled_bytes, SPOOL)
        report.at_most("worker_peak_bytes", memory.worker_bytes, WORKER_MEMORY)
        report.at_most("redis_growth_bytes", memory.redis_bytes - memory.first, REDIS_GROWTH)
        report.equals("repeated_calls", world.calls.repeated())
        complaints.check(world, began_ms, ended_ms)


SHORT = {"jobs": 1_200, "rate": 25, "latency": (100, 400), "outage": 20, "patience": 90}
LONG = {"jobs": 9_000, "rate": 40, "latency": (100, 400), "outage": 60, "patience": 200}
# The test double is slower than a MongoDB.
LONG_ON_MONGODB = {**LONG, "jobs": 4_000, "rate": 20}
SCENARIOS = [
    Scenario("ledger-locked", lambda context: run(context, Locked), SHORT, LONG, ("sqlite",)),
    Scenario("ledger-full", run_on_full_disk, SHORT, LONG, ("sqlite",)),
    Scenario("ledger-stopped", lambda context: run(context, Stopped), SHORT, LONG_ON_MONGODB, ("mongodb",)),
]
