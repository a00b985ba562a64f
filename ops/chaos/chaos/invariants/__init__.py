"""What has to hold after every scenario, whatever was broken; each reads what it needs from the outside."""

from . import attempts, batches, queue, terminal, webhooks


def check_all(world, **allowed):
    """`allowed` is for what a scenario's own doing explains: `states` that jobs may end in besides `succeeded`."""
    world.calls.end()
    world.snapshot()
    facts = terminal.Facts(world)
    terminal.check(world, facts, **allowed)
    batches.check(world)
    attempts.check(world, facts)
    queue.check(world)
    if world.registered:
        webhooks.check(world, facts)
    note_all(world)
    return facts


def note_all(world):
    """The figures that every scenario reports."""
    refusals, broken = {}, 0
    for tenant in world.work.tenants:
        broken += tenant.client.broken
        for kind, count in tenant.client.refusals.items():
            refusals[kind] = refusals.get(kind, 0) + count
    work, alone = world.work, world.fleet.ended_alone
    world.report.note(
        jobs=len(work.accepted_jobs), batches=len(work.accepted_batches),
        lines=sum(len(batch.items) for batch in work.accepted_batches), calls=len(world.calls.calls),
        repeated_calls=world.calls.repeated(), refusals=refusals, broken_requests=broken,
        ended_by_themselves=[f"{log}: {code}" for log, code in alone])
    world.report.equals("crashes_of_their_own", sum(code < 0 for _, code in alone), world.crashes_made)
