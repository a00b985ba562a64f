"""Many processes of every role on one Redis and one ledger: they share the work, and any of them may die."""

import json
import os
import pathlib
import shutil
import signal
import tempfile

import pytest

from harness.batches import assert_each_once, chat, chat_lines, create, wait, wait_for_progress
from harness.processes import BIN, eventually, stat_fields
from harness.receiver import Receiver
from harness.settings import fixed
from harness.stack import Tenant

MANY = {"worker": {**fixed(3), "slots": 32}, "scheduler": {"processes": 2},
        "simulator": {"latency_ms": 100}}


def assert_all_booked(stack):
    """Every call that the provider received has one row; a call cut off by a kill may have a row and not have arrived."""
    calls = stack.statistics()["calls"]
    rows = stack.ledger.attempts()
    assert sum(row["outcome"] != "unknown" for row in rows) <= calls <= len(rows)


def test_they_share_the_work_and_any_may_die(new_stack):
    stack = new_stack(**MANY).up()
    _, other_url = stack.start("intake")
    doomed, doomed_url = stack.start("intake")
    extra = [stack.start(role)[0] for role in ["worker", "worker", "scheduler"]]
    tenants = [stack.tenant() for _ in range(3)]
    lines = {tenant.name: chat_lines(1000) for tenant in tenants}
    urls = [stack.url, other_url, doomed_url]
    batches = [create(tenant.at(url), lines[tenant.name]) for tenant, url in zip(tenants, urls)]
    wait_for_progress(tenants[0], batches[0], finished=100)
    for pid in [doomed.pid, extra[0].pid, extra[2].pid, stack.pids("worker")[0], stack.pids("scheduler")[0]]:
        os.kill(pid, signal.SIGKILL)
    for tenant, batch in zip(tenants, batches):
        done = wait(tenant.at(other_url), batch, seconds=120)
        assert done.status == "completed" and done.request_counts.completed == 1000
        assert_each_once(tenant, done, lines[tenant.name])
    assert_all_booked(stack)


def test_a_job_is_seen_through_every_intake(new_stack):
    stack = new_stack(**MANY).up()
    _, other_url = stack.start("intake")
    tenant = stack.tenant()
    other = tenant.at(other_url)
    for here, there in [(tenant, other), (other, tenant)]:
        job = here.web.post("/v1/jobs", {"body": chat("through two intakes")}).json
        assert there.web.get(f"/v1/jobs/{job['id']}?wait=30").json["state"] == "succeeded"
        key = {"Idempotency-Key": job["id"]}
        order = {"body": chat("asked twice")}
        first, second = (each.web.post("/v1/jobs", order, headers=key).json["id"] for each in (here, there))
        assert first == second


def test_couriers_share_the_deliveries(new_stack):
    stack = new_stack(**MANY).up()
    for _ in range(2):
        stack.start("courier")
    tenant, receivers = stack.tenant(), [Receiver() for _ in range(4)]
    try:
        for number, receiver in enumerate(receivers):
            tenant.sdk.webhooks.create(name=f"r-{number}", url=receiver.url, event_types=["job.succeeded"])
        jobs = {tenant.web.post("/v1/jobs", {"body": chat("tell me")}).json["id"] for _ in range(100)}
        for receiver in receivers:
            eventually(lambda: len(receiver.received) >= len(jobs), "every webhook arrives", seconds=60)
            told = [json.loads(each.body)["data"]["id"] for each in receiver.received]
            assert sorted(told) == sorted(jobs), "each once: no courier sends what another has leased"
    finally:
        for receiver in receivers:
            receiver.stop()


@pytest.fixture
def open_folder():
    """A folder that every user of the machine may look into; those of pytest are closed."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="penstock-users-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may start processes of other users")
def test_on_mongodb_from_other_folders_and_users(new_stack, open_folder):
    stack = new_stack(ledger_kind="mongodb", simulator={"latency_ms": 50})
    program = shutil.copy(BIN / "penstockd", open_folder / "penstockd")
    settings = shutil.copy(stack.settings_file, open_folder / "settings.yaml")
    processes, urls = [], []
    for number, role in enumerate(["simulator", "intake", "intake", "scheduler", "scheduler", "worker", "worker"]):
        user, folder = 60_001 + number, open_folder / f"{number}"
        folder.mkdir()
        os.chown(folder, user, user)
        process, url = stack.start(role, settings, program=program, user=user, folder=folder)
        processes.append((process, user, folder))
        urls += [url] if role == "intake" else []
    tenant, lines = Tenant(stack, "operator", stack.admin_key, urls[0]), chat_lines(300)
    done = wait(tenant.at(urls[1]), create(tenant, lines))
    assert done.status == "completed"
    assert_each_once(tenant, done, lines)
    assert_all_booked(stack)
    for process, user, folder in processes:
        assert stat_fields(process.pid) and pathlib.Path(f"/proc/{process.pid}").stat().st_uid == user
        assert not list(folder.iterdir()), "nobody leaves files where it runs"
