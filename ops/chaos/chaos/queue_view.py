"""What Redis holds of the pools, read straight from their keys: Sources/Queue/PoolKeys.swift and Scripts/*.lua."""

from .redis_client import RedisClient, pairs


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
        return f"{self.layout or 'penstock:3:'}{{{pool}}}:{name}"

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
        records = self.redis.call("HMGET", self.key(pool, "leases"), *rids) if rids else []
        found = []
        for record in filter(None, records):
            token, name = record.split("|")[:2]
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
        return outcomes, max(int(self.redis.call("HGET", self.key(pool, "gates"), "sb") or 0) for pool in self.pools)

    def slots(self, pool):
        """Of a pool: slots in use by target, by limit group."""
        gates = pairs(self.redis.call("HGETALL", self.key(pool, "gates")))
        count = {kind: sum(int(float(value)) for name, value in gates.items() if name.startswith(f"n~{kind}~"))
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
            if int(self.redis.call("HGET", self.key(pool, "gates"), "sb") or 0):
                found[f"{pool}:spooled bytes"] = self.redis.call("HGET", self.key(pool, "gates"), "sb")
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
        tenants = pairs(self.redis.call("HGETALL", self.key(pool, "tenants")))
        return {f"{pool}:tenants:{name}": value for name, value in tenants.items()
                if name[:2] in ("n~", "l~") and value.strip("0:|")}
