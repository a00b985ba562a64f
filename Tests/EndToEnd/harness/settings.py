"""Settings files of the tests. JSON is YAML, so no YAML library is needed."""

import copy

PRICES = {
    "gpt-4o-mini": {"input_per_million": "0.15", "cached_input_per_million": "0.075", "output_per_million": "0.60"},
    "gpt-4o": {"input_per_million": "2.50", "cached_input_per_million": "1.25", "output_per_million": "10.00"},
    "text-embedding-3-small": {"input_per_million": "0.02", "output_per_million": "0"},
    "claude-sonnet": {"input_per_million": "3.00", "cached_input_per_million": "0.30", "cache_write_per_million": "3.75",
                      "output_per_million": "15.00"},
    "claude-haiku": {"input_per_million": "1.00", "cached_input_per_million": "0.10", "cache_write_per_million": "1.25",
                     "output_per_million": "5.00"},
}
# Models of targets that speak Anthropic's API.
ANTHROPIC = ["claude-sonnet", "claude-haiku"]
FAMILY = {False: {"provider": "openai"}, True: {"provider": "anthropic", "adapter": "anthropic"}}
# Pools that let one call through at a time: a test that needs waiting jobs takes one for itself.
NARROW = [f"narrow-{number}" for number in range(1, 12)]
# A pool for fairness: calls take their time and only four run.
FAIR = "fair"


def pool(name, simulator_port, max_concurrency):
    """A pool with one target of the model's name and one limit group, roomy but for concurrency."""
    return {
        "targets": {f"{name}-target": {
            **FAMILY[name in ANTHROPIC], "base_url": f"http://127.0.0.1:{simulator_port}/v1", "model": name,
            "limit_groups": [f"{name}-limits"], "timeout_seconds": 30,
            "price": PRICES.get(name, PRICES["gpt-4o-mini"]),
        }},
        "limit_groups": {f"{name}-limits": {
            "requests_per_minute": 100_000, "tokens_per_minute": 100_000_000, "max_concurrency": max_concurrency}},
    }


def settings(redis, ledger, port, operations_port, simulator_port):
    widths = {"gpt-4o-mini": 128, "gpt-4o": 64, "text-embedding-3-small": 64, FAIR: 4, **dict.fromkeys(ANTHROPIC, 32),
              **dict.fromkeys(NARROW, 1)}
    return {
        "redis": redis,
        "ledger": {"url": ledger},
        "intake": {"port": port},
        "worker": {**fixed(1), "drain_seconds": 5},
        # Receivers of the tests are on this machine and speak plain HTTP; the first waits are 50 ms and 3 s.
        "webhooks": {"allow_private_addresses": True, "allow_http": True, "allow_per_job_urls": True,
                     "retry_scale_per_mille": 10},
        "operations": {"port": operations_port},
        "simulator": {"enabled": True, "port": simulator_port, "latency_ms": 20},
        "pools": {pool_name(model): pool(model, simulator_port, width) for model, width in widths.items()},
        "routes": {model: pool_name(model) for model in widths},
    }


def fixed(workers):
    """Worker settings for so many of them, whatever there is to do and however small the machine."""
    return {"min": workers, "max": workers, "max_per_machine": workers}


def pool_name(model):
    return "pool-" + model


def merged(base, changes):
    """`base` with nested `changes` laid over it."""
    result = copy.deepcopy(base)
    for key, value in changes.items():
        is_nested = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if is_nested else value
    return result
