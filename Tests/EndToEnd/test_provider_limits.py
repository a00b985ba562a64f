"""What a provider says about its limits, and an account without money."""

import re

import pytest

from harness.batches import chat, chat_lines, create, wait
from harness.processes import eventually
from harness.settings import ANTHROPIC, pool_name
from harness.web import Web

MODEL = "gpt-4o-mini"


def limits(**limits):
    """Settings of the model's limit group."""
    return {"pools": {pool_name(MODEL): {"limit_groups": {f"{MODEL}-limits": limits}}}}


def metric(stack, name, role_offset=20):
    """The sum of a counter of the worker over all its labels."""
    text = Web(f"http://127.0.0.1:{stack.operations_port + role_offset}").get("/metrics").body.decode()
    return sum(float(value) for value in re.findall(rf"^{name}_total{{[^}}]*}} (\S+)$", text, re.MULTILINE))


@pytest.mark.parametrize("limit, believed, true, left", [
    ("requests_per_minute", 1200, 240, 40),
    # About 40 tokens a call.
    ("tokens_per_minute", 60_000, 12_000, 2_000),
])
def test_a_lower_limit_than_configured_is_learned_from_headers(new_stack, limit, believed, true, left):
    """The provider lets through a fifth of what the settings say, and most of this minute is used up. What is left is
    enough for the second's worth of calls that go out before the first answer is there."""
    stack = new_stack(simulator={limit: left}, **limits(**{limit: believed})).up()
    Web(f"http://127.0.0.1:{stack.simulator_port}").post("/v1/chat/completions", chat("the first call fills the bucket"))
    # The bucket is larger now, but not fuller.
    stack.control_simulator(**{limit: true})
    tenant = stack.tenant()
    lines = chat_lines(80)
    done = wait(tenant, create(tenant, lines), seconds=120)
    assert (done.status, done.request_counts.completed) == ("completed", len(lines))
    statistics = stack.statistics()
    refused = statistics["by_status"].get("429", 0)
    assert refused <= 5, statistics
    assert statistics["calls"] == 1 + len(lines) + refused, "no call more than the refused ones"
    assert metric(stack, "penstock_provider_rate_limited") == refused


@pytest.mark.parametrize("model", [MODEL, ANTHROPIC[0]])
def test_an_empty_account_stops_the_target_and_fails_no_job(new_stack, model):
    stack = new_stack().up()
    tenant = stack.tenant()
    stack.control_simulator(out_of_quota=True)
    lines = chat_lines(40, model=model)
    batch = create(tenant, lines)
    eventually(lambda: metric(stack, "penstock_target_quota_exhausted"), "the target stops")
    refused = calls_when_quiet(stack)
    # Those that were on their way when the first answer came.
    assert refused <= len(lines)
    assert stack.supervisor.log.read_text().count("has nothing left to spend") == 1
    now = tenant.sdk.batches.retrieve(batch.id)
    assert now.status == "in_progress" and now.request_counts.failed == 0
    stack.control_simulator(out_of_quota=False)
    assert stack.statistics()["calls"] == refused, "nobody calls a target that has stopped"

    assert stack.admin.post(f"/v1/admin/targets/{model}-target/resume", {}).status == 200
    done = wait(tenant, batch)
    assert (done.status, done.request_counts.completed, done.request_counts.failed) == ("completed", len(lines), 0)
    assert stack.statistics()["by_status"] == {"200": len(lines), "429": refused}
    # The refused calls are in the books, at no cost.
    rows = stack.ledger.attempts(batch=batch.id)
    assert len(rows) == len(lines) + refused
    assert sum(row["cost_nano"] == 0 for row in rows) == refused


def calls_when_quiet(stack):
    """The number of calls once nobody has called for two seconds."""
    seen = []

    def is_quiet():
        seen.append(stack.statistics()["calls"])
        return len(seen) >= 5 and len(set(seen[-5:])) == 1

    eventually(is_quiet, "no more calls are made", pause=0.5)
    return seen[-1]
