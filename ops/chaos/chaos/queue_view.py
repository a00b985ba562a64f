"""What Redis holds of the pools, read straight from their keys: Sources/Queue/PoolKeys.swift and Scripts/*.lua."""

import struct

from .redis_client import RedisClient, pairs


# Places of numbers in the records.
RUNNING, SPOOLED, LIVE = 0, 12, (3, 4, 5)


def number(record, place):
    return struct.unpack_from("<d", record, place * 8)[0]


def sized_text(record, at):
    """A text with its length before it, and where the next one begins."""
    length = int.from_bytes(record[at:at + 2], "little")
    return record[at + 2:at + 2 + length].decode(), at + 2 + length


class Held:
    """One lease that a worker holds: `job` is its public id."""

    def __init__(self, token, job):
        self.token, self.job = token, job


class QueueView:
    def __init__(self, port, pools):
        self.redis, self.pools, self.layout = RedisClient(port), pools, None

    def key(self, pool, name):
        if self.layout is None:
            found = self.redis.call("KEYS", "penstock:*:epoch")
            self.layout = found[0].split("{")[0] if found else None
        return f"{self.layout or 'penstock:5:'}{{{pool}}}:{name}"

    def held_by(self, pid):
        """The leases of the worker process with that pid; what is in its name says which it is."""
        found = []
        for pool in self.pools:
            ready = self.key(pool, "ready")
            if not self.redis.call("EXISTS", ready):
                continue
            for fields in self.redis.call("XINFO", "CONSUMERS", ready, "workers"):
                consumer = pairs(fields)
                if f":{pid}:" in consumer["name"] and consumer["pending"]:
                    range = "-", "+", consumer["pending"], consumer["name"]
                    pending = self.redis.call("XPENDING", ready, "workers", *range)
                    found += self.leases(pool, [entry[0] for entry in pending])
        return found

    def leases(self, pool, rids):
        records = self.redis.call("HMGET", self.key(pool, "leases"), *rids, packed=True) if rids else []
        found = []
        for record in filter(None, records):
            # Behind two marks, token and name, each with its length before it: leases.lua.
            token, at = sized_text(record, 2)
            name, _ = sized_text(record, at)
            found.append(Held(token, self.public_id(pool, name)))
        return found

    def public_id(self, pool, name):
        """Of a job's name in the queue: lines of batches go by their batch's number, a letter and their own."""
        if name.startswith("job_"):
            return name
        number, line = name.split("-")
        line = line[1:]
        batch = self.redis.call("HGET", self.key(pool, "feeds"), f"b~{number}")
        return f"batch_req_{batch.removeprefix('batch_')}_{line}" if batch else name

    def running(self):
        """Slots in use over all limit groups and targets, as the limiter counts them."""
        return sum(self.slots(pool)[0] for pool in self.pools)

    def spooled(self):
        """Outcomes that wait for the ledger, and the most bytes that a pool's take."""
        outcomes = sum(self.redis.call("HLEN", self.key(pool, "spool")) for pool in self.pools)
        return outcomes, max(self.spooled_bytes(pool) for pool in self.pools)

    def spooled_bytes(self, pool):
        record = self.redis.call("HGET", self.key(pool, "gates"), "p", packed=True)
        return int(number(record, SPOOLED)) if record else 0

    def records(self, pool, name):
        """The packed records of a hash by their fields: records.lua."""
        found = pairs(self.redis.call("HGETALL", self.key(pool, name), packed=True))
        return {field.decode(): record for field, record in found.items()}

    def slots(self, pool):
        """Of a pool: slots in use by target, by limit group."""
        gates = self.records(pool, "gates")
        count = {kind: sum(int(number(record, RUNNING)) for name, record in gates.items() if name[:2] == f"{kind}~")
                 for kind in "tg"}
        return count["t"], count["g"]

    def leftovers(self):
        """Whatever should not be there once all work is done; empty when all is well."""
        found = {}
        for pool in self.pools:
            for name, command in [("jobs", "HLEN"), ("backlog", "ZCARD"), ("delayed", "ZCARD"), ("ready", "XLEN"),
                                  ("spool", "HLEN"), ("parked", "ZCARD")]:
                count = self.redis.call(command, self.key(pool, name))
                if count:
                    found[f"{pool}:{name}"] = count
            if leases := self.lease_fields(pool):
                found[f"{pool}:leases"] = leases[:10]
            for kind, count in zip(["target slots", "group slots"], self.slots(pool)):
                if count:
                    found[f"{pool}:{kind}"] = count
            if spooled := self.spooled_bytes(pool):
                found[f"{pool}:spooled bytes"] = spooled
            found.update(self.counted_live(pool))
            if self.redis.call("EXISTS", self.key(pool, "ready")):
                pending = self.redis.call("XPENDING", self.key(pool, "ready"), "workers")[0]
                if pending:
                    found[f"{pool}:pending"] = pending
        return found

    def lease_fields(self, pool):
        """What is kept of leases, but for the notes that one was given to others, which stay for an hour."""
        return [field for field in self.redis.call("HKEYS", self.key(pool, "leases")) if not field.startswith("l~")]

    def counted_live(self, pool):
        """Tenants that are still counted as having live or running jobs."""
        found = {}
        for name, record in self.records(pool, "tenants").items():
            running, live = number(record, RUNNING), [number(record, place) for place in LIVE]
            if running or any(live):
                found[f"{pool}:tenants:{name}"] = [running, *live]
        return found
