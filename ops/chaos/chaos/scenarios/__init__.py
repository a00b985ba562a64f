"""All scenarios by name; the one that takes longest comes first, for runs side by side."""

from . import (cancel_race, fleet_kills, ledger_down, mixed_kills, poison, redis_emptied, redis_full, redis_kills,
               redis_stopped, redis_tail, role_kills, rolling_restarts, settle_gap, slot_crashes, webhook_kills,
               worker_kills, worker_stops)

MODULES = [slot_crashes, worker_kills, mixed_kills, fleet_kills, worker_stops, role_kills, redis_kills, redis_tail,
           webhook_kills, redis_emptied, redis_stopped, settle_gap, ledger_down, rolling_restarts, poison, redis_full,
           cancel_race]
ALL = {scenario.name: scenario for module in MODULES for scenario in module.SCENARIOS}
