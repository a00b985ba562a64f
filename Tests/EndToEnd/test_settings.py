"""What stops the start: settings that do not exist or make no sense, and a Redis that forgets."""

import json

import pytest

from harness.processes import BIN, Process, eventually
from harness.redis_server import RedisServer
from harness.settings import merged
from harness.stack import Stack, answers
from harness.web import Web


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    """Redis, settings and keys, nothing up."""
    stack = Stack(tmp_path_factory.mktemp("idle"))
    yield stack
    stack.stop()


def start(stack, tmp_path, changes, command="up", environment=None):
    path = tmp_path / "settings.yaml"
    path.write_text(json.dumps(merged(stack.settings, changes)))
    return Process([BIN / "penstockd", command, "--settings", path], tmp_path / "out.log", environment)


def refusal(process):
    """What a process said that would not start."""
    code = process.wait(20)
    text = process.tail(100)
    assert code not in (0, None) and code > 0, f"exit code {code}:\n{text}"
    assert "Fatal error" not in text, text
    return text


@pytest.mark.parametrize("changes, key", [
    ({"intake": {"prot": 8080}}, "intake.prot"),
    ({"intak": {"port": 8080}}, "intak"),
    ({"intake": {"port": 70_000}}, "intake.port"),
    ({"intake": {"port": "many"}}, "intake.port"),
    ({"intake": {"max_body_bytes": 0}}, "intake.max_body_bytes"),
    ({"worker": {"max": -1}}, "worker.max"),
    ({"worker": {"lease_seconds": 0}}, "worker.lease_seconds"),
    ({"scheduler": {"max_batch_lines": -5}}, "scheduler.max_batch_lines"),
    ({"log": {"level": "loud"}}, "log.level"),
    ({"redis": {"url": "http://127.0.0.1"}}, "redis.url"),
    ({"ledger": {"url": "oracle:x"}}, "ledger.url"),
    ({"routes": {"gpt-4o-mini": "no-such-pool"}}, "gpt-4o-mini"),
])
def test_bad_settings_are_named(idle, tmp_path, changes, key):
    for command in ["up", "check", "intake"]:
        assert key in refusal(start(idle, tmp_path, changes, command)), command


def test_a_bad_override_from_the_environment_is_named(idle, tmp_path):
    text = refusal(start(idle, tmp_path, {}, environment={"PENSTOCK_INTAKE_PORT": "99999"}))
    assert "port" in text.lower()


def test_a_missing_or_broken_file(tmp_path):
    missing = Process([BIN / "penstockd", "up", "--settings", tmp_path / "nothing.yaml"], tmp_path / "missing.log")
    assert "nothing.yaml" in refusal(missing)
    broken = tmp_path / "broken.yaml"
    broken.write_text("intake: [port: {")
    assert "broken.yaml" in refusal(Process([BIN / "penstockd", "up", "--settings", broken], tmp_path / "broken.log"))


def test_check_says_that_all_is_well(idle, tmp_path):
    process = start(idle, tmp_path, {}, "check")
    assert process.wait(20) == 0, process.tail()


def test_the_reference_names_every_key(idle):
    text = idle.penstockd("settings").stdout
    for key in ["redis.url", "allow_data_loss", "max_body_bytes", "lease_seconds", "scale_down_seconds", "max_batch_lines"]:
        assert key.split(".")[-1] in text


@pytest.mark.parametrize("options, word", [
    ({"appendonly": "no"}, "append"),
    ({"maxmemory": "100mb", "maxmemory_policy": "allkeys-lru"}, "evict"),
])
def test_a_redis_that_forgets_is_refused(idle, tmp_path, options, word):
    redis = RedisServer(tmp_path / "redis", **options)
    try:
        for command in ["up", "check"]:
            text = refusal(start(idle, tmp_path, {"redis": {"url": redis.url}}, command)).lower()
            assert word in text and "allow_data_loss" in text, text
        port = idle.operations_port + 1
        changes = {"redis": {"url": redis.url, "allow_data_loss": True}, "operations": {"port": port}}
        process = start(idle, tmp_path, changes, "scheduler")
        eventually(lambda: answers(process, port), "the scheduler runs all the same")
        process.stop()
    finally:
        redis.stop()


def test_no_redis_at_all(idle, tmp_path):
    process = start(idle, tmp_path, {"redis": {"url": "redis://127.0.0.1:1/0"}}, "check")
    assert "127.0.0.1" in refusal(process) or "redis" in process.tail().lower()


def test_operations_ports(stack):
    for role, offset in [("intake", 0), ("scheduler", 10), ("worker", 20)]:
        web = Web(f"http://127.0.0.1:{stack.operations_port + offset}")
        assert web.get("/healthz").status == 200 and web.get("/readyz").status == 200, role
        metrics = web.get("/metrics")
        assert metrics.status == 200 and b"# TYPE" in metrics.body, role
    assert Web(stack.url).get("/metrics").status == 404, "not on the public port"
