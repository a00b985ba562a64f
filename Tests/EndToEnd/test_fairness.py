"""Two tenants with a backlog share a narrow pool in proportion to their weights."""

from harness.batches import chat_lines, create, wait_for_progress, wait
from harness.processes import eventually
from harness.settings import FAIR


def finished_tokens(stack, batch):
    rows = stack.ledger.attempts(batch=batch.id)
    return sum((row["input_tokens"] or 0) + (row["output_tokens"] or 0) for row in rows), len(rows)


def test_weights_one_and_three(stack):
    light, heavy = stack.tenant(weight=1), stack.tenant(weight=3)
    lines = chat_lines(300, model=FAIR, prompt="[simulate:latency=60]")
    batches = {tenant: create(tenant, lines) for tenant in (light, heavy)}
    for tenant, batch in batches.items():
        wait_for_progress(tenant, batch, finished=5)
    before = {tenant: finished_tokens(stack, batch) for tenant, batch in batches.items()}

    def heavy_is_almost_done():
        now = {tenant: finished_tokens(stack, batch) for tenant, batch in batches.items()}
        assert now[light][1] < 300, "the light tenant must still have a backlog"
        return now if now[heavy][1] >= 230 else None

    after = eventually(heavy_is_almost_done, "the heavy tenant is almost done", seconds=60, pause=0.1)
    ratio = (after[heavy][0] - before[heavy][0]) / max(1, after[light][0] - before[light][0])
    for tenant, batch in batches.items():
        assert wait(tenant, batch).status == "completed"
    assert 2.0 < ratio < 4.5, f"weights 1 and 3 got tokens 1 : {ratio:.2f}"


def test_a_latecomer_does_not_wait_for_a_backlog(stack):
    early, late = stack.tenant(), stack.tenant()
    lines = chat_lines(400, model=FAIR, prompt="[simulate:latency=60]")
    backlog = create(early, lines)
    wait_for_progress(early, backlog, finished=5)
    done = wait(late, create(late, lines[:8]))
    assert done.status == "completed"
    now = early.sdk.batches.retrieve(backlog.id)
    assert now.status == "in_progress" and now.request_counts.completed < 300
    early.sdk.batches.cancel(backlog.id)
    wait(early, backlog)
