"""Redis holds nothing once all is done: no job, no lease, no slot, no pending entry, no count."""


def check(world):
    leftovers = world.queue.leftovers()
    world.report.equals("left_in_redis", len(leftovers))
    if leftovers:
        world.report.note(left_in_redis=leftovers)
    running = sum(pool["running"] + pool["waiting"] + pool["delayed"]
                  for pool in world.stack.admin.get("/v1/admin/pools").json["data"])
    world.report.equals("live_jobs_by_the_api", running)
