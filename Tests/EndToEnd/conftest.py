"""Fixtures: one Penstock that most tests share, and others for tests that break things."""

import pytest

from harness.stack import Stack


def pytest_addoption(parser):
    parser.addoption("--ledger", choices=["sqlite", "mongodb"], default="sqlite", help="what the stacks' ledgers are")


# What these show has nothing to do with the ledger: on the second one they are left out.
ANY_LEDGER = {"test_adapters", "test_autoscaling", "test_bad_input", "test_canaries", "test_chaos_checks", "test_fairness",
              "test_kubernetes", "test_openapi", "test_provider_limits", "test_redis_security", "test_settings"}


def pytest_collection_modifyitems(config, items):
    if config.getoption("--ledger") == "sqlite":
        return
    left_out = [item for item in items if item.module.__name__ in ANY_LEDGER]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item.module.__name__ not in ANY_LEDGER]


def pytest_configure(config):
    Stack.ledger_kind = config.getoption("--ledger")


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """The shared one: nobody kills its processes or wipes its Redis. Tests keep apart by tenants of their own."""
    made = Stack(tmp_path_factory.mktemp("shared"), scheduler={"max_batch_lines": 500})
    try:
        yield made.up()
    finally:
        made.stop()


@pytest.fixture
def tenant(stack):
    return stack.tenant()


@pytest.fixture
def other_tenant(stack):
    return stack.tenant()


@pytest.fixture
def new_stack(tmp_path):
    """Makes a stack of the test's own, not yet up; stopped at the end."""
    made = []

    def make(**options):
        made.append(Stack(tmp_path / f"stack-{len(made)}", **options))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows what the shared server said last when a test fails."""
    outcome = yield
    report = outcome.get_result()
    stacks = [value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Stack)]
    if report.failed and stacks and stacks[0].supervisor:
        report.sections.append(("penstockd", stacks[0].supervisor.tail()))


def pytest_unconfigure(config):
    """The plain closing line, whatever else was printed."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter and not config.option.collectonly:
        count = {name: len(reporter.stats.get(name, [])) for name in ["passed", "failed", "error", "skipped"]}
        failed = count["failed"] + count["error"]
        skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
        print(f"{count['passed']} passed, {failed} failed{skipped}")
