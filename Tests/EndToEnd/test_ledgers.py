"""The same work on both ledgers gives the same rows, as far as the public API shows them."""

import time

from harness.batches import assert_each_once, chat, create, line, wait
from harness.processes import eventually

LEDGERS = ["sqlite", "mongodb"]
# What must differ: minted ids and moments.
VARYING = {"id", "request_id", "created", "system_fingerprint"}


def stable(value):
    """A JSON value without what differs from run to run."""
    if isinstance(value, dict):
        return {key: stable(each) for key, each in value.items() if key not in VARYING}
    return [stable(each) for each in value] if isinstance(value, list) else value


def batch_lines():
    lines = [line(f"ok-{number}", chat(f"Question {number}")) for number in range(30)]
    lines += [line(f"refused-{number}", chat("[simulate:400]")) for number in range(5)]
    return lines + [line("ünï 👩‍👩‍👧‍👦 \t\"", chat("odd name")), line("4o", chat("another model", model="gpt-4o"))]


def books(tenant, batch, lines):
    """Everything a tenant can know of a batch, by custom_id."""
    output, errors = assert_each_once(tenant, batch, lines)
    jobs = {}
    for each in output + errors:
        job = tenant.web.get(f"/v1/jobs/{each['id']}").json
        attempts = tenant.web.get(f"/v1/jobs/{each['id']}/attempts").json["data"]
        row = {name: job[name] for name in ["state", "class", "model", "tags", "attempts", "usage", "cost_usd", "error"]}
        calls = [{name: attempt[name] for name in ["target", "provider", "model", "outcome", "status_code", "usage", "cost_usd"]}
                 for attempt in attempts]
        jobs[each["custom_id"]] = (row, calls, stable(each))
    costs = {grouping: [{**line, "key": "" if grouping == "batch" else line["key"]}
                        for line in tenant.web.get(f"/v1/costs?group_by={grouping}").json["data"]]
             for grouping in ["total", "model", "feature", "customer", "batch"]}
    return {"jobs": jobs, "costs": costs, "counts": batch.request_counts.model_dump(), "usage": batch.usage.model_dump(),
            "cost_usd": batch.cost_usd, "unknown_costs": batch.unknown_costs, "status": batch.status}


def test_the_same_batch_gives_the_same_rows(new_stack):
    lines, found = batch_lines(), []
    for kind in LEDGERS:
        stack = new_stack(ledger_kind=kind).up()
        tenant = stack.tenant("acme")
        batch = wait(tenant, create(tenant, lines, metadata={"penstock_tags": "feature=search,customer=c1"}))
        found.append(books(tenant, batch, lines))
        stack.supervisor.stop()
    assert found[0] == found[1]
    assert len(found[0]["jobs"]) == len(lines)


def test_mongodb_away_for_a_while(new_stack):
    """Answers wait in Redis, callers are told to come back, and nothing is lost."""
    stack = new_stack(ledger_kind="mongodb", simulator={"latency_ms": 200}).up()
    if stack.ledger.process is None:
        return  # a server that others use is not ours to stop
    tenant, lines = stack.tenant(), batch_lines()
    batch = create(tenant, lines)
    eventually(lambda: stack.statistics()["calls"] > 3, "the batch runs")
    stack.ledger.process.kill()
    refused = tenant.web.get(f"/v1/jobs/job_unknown")
    assert refused.status == 503, refused
    time.sleep(3)
    stack.ledger.start()
    done = wait(tenant, batch, seconds=90)
    assert_each_once(tenant, done, lines)
    assert len({row["job"] for row in stack.ledger.attempts(batch=batch.id)}) == len(lines)


def test_a_mongodb_that_is_not_there_is_told_without_its_password(new_stack):
    stack = new_stack()
    file = stack.changed(ledger={"url": "mongodb://penstock:hunter2@127.0.0.1:9/x?serverSelectionTimeoutMS=500"})
    done = stack.penstockd("check", "--settings", file, check=False)
    assert done.returncode == 69 and "127.0.0.1:9" in done.stderr and "hunter2" not in done.stdout + done.stderr
    file = stack.changed(ledger={"url": "mongodb://penstock:hunter2@127.0.0.1:99999/x"})
    done = stack.penstockd("check", "--settings", file, check=False)
    assert done.returncode == 78 and "ledger.url" in done.stderr and "hunter2" not in done.stdout + done.stderr
