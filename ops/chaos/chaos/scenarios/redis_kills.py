"""SIGKILLs of Redis with a restart: what it acknowledged is there again."""

from ..invariants import check_all
from ..scenario import Scenario
from ..world import World


def run(context):
    size = context.size
    with World(context, redis_settings={"appendfsync": size.appendfsync}, webhooks=True,
               worker={"slots": 32}) as world:
        world.fleet.start("worker", 2)
        batches = [world.work.make_batch(tenant, size.jobs // 6, size.latency) for tenant in world.work.tenants]
        jobs = world.work.make_jobs(size.jobs // 2, size.latency, webhook=world.own_webhook)
        submission = world.work.hand_in(jobs, batches, rate=size.rate)
        world.wait_for_calls(30)
        kills = 0
        while kills < size.kills and not world.is_done:
            world.rest(world.random.uniform(0.5, 1.5) * size.interval)
            world.redis.kill()
            world.rest(world.random.uniform(0, 0.7))
            world.redis.start()
            kills += 1
        world.drain(submission, seconds=size.patience)
        check_all(world)
        world.report.note(kills=kills, appendfsync=size.appendfsync)
        world.report.equals("kills", kills, size.kills)


LONG = {"jobs": 7_500, "kills": 30, "interval": 3, "rate": 16, "latency": (200, 900), "patience": 120}
SHORT = {"jobs": 900, "kills": 4, "interval": 2, "rate": 30, "latency": (100, 500), "patience": 60}
SCENARIOS = [Scenario(f"redis-kills-{mode}", run, short={**SHORT, "appendfsync": mode},
                      long={**LONG, "appendfsync": mode}) for mode in ["everysec", "always"]]
