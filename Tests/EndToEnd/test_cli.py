"""The command line against a running Penstock."""

import json

import pytest

from harness.batches import chat, chat_lines, line
from harness.processes import eventually
from harness.web import Web

OK, ERROR, PARTLY, INVALID, UNREACHABLE, USAGE = 0, 1, 2, 3, 4, 64


@pytest.fixture
def write(tmp_path):
    def write(lines, name="requests.jsonl"):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return path
    return write


def expect(done, code):
    assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Fatal error" not in done.stderr
    return done


def test_submit_wait_status_results_cost(tenant, write, tmp_path):
    output = tmp_path / "results.jsonl"
    done = expect(tenant.cli("submit", write(chat_lines(30)), "--wait", "--output", output, "--tag", "feature=cli"), OK)
    assert "completed" in done.stdout and len(output.read_text().splitlines()) == 30
    [batch] = [json.loads(each) for each in expect(tenant.cli("batches", "--json"), OK).stdout.splitlines()]
    assert batch["id"] in done.stderr + done.stdout
    assert "completed" in expect(tenant.cli("status", batch["id"]), OK).stdout
    assert json.loads(tenant.cli("status", batch["id"], "--json").stdout)["request_counts"]["completed"] == 30
    assert sorted(tenant.cli("results", batch["id"]).stdout.splitlines()) == sorted(output.read_text().splitlines())
    expect(tenant.cli("watch", batch["id"]), OK)
    [cost] = [json.loads(each) for each in expect(tenant.cli("cost", "--by", "feature", "--json"), OK).stdout.splitlines()]
    assert (cost["key"], cost["calls"], cost["cost_usd"]) == ("cli", 30, batch["cost_usd"])
    assert "cli" in expect(tenant.cli("cost", "--by", "feature"), OK).stdout


def test_submit_prints_only_the_id(tenant, write):
    done = expect(tenant.cli("submit", write(chat_lines(2))), OK)
    identifier = done.stdout.strip()
    assert identifier.startswith("batch_") and "\n" not in identifier
    expect(tenant.cli("watch", identifier), OK)


def test_failures_show_in_the_exit_code(tenant, write):
    mixed = chat_lines(2) + [line("bad", chat("[simulate:400]"))]
    done = expect(tenant.cli("submit", write(mixed), "--wait", "--json"), PARTLY)
    batch = json.loads(done.stdout)
    assert json.loads(tenant.cli("results", batch["id"], "--errors").stdout)["custom_id"] == "bad"
    done = expect(tenant.cli("submit", write(chat_lines(1) + ["nonsense"]), "--wait"), INVALID)
    assert "invalid_json_line" in done.stdout and "2" in done.stdout


def test_dry_run_sends_nothing(tenant, write):
    done = expect(tenant.cli("submit", write(chat_lines(7)), "--dry-run", "--json"), OK)
    found = json.loads(done.stdout)
    assert found["valid"] and found["requests"] == 7 and float(found["estimated_cost_usd"]) > 0
    bad = expect(tenant.cli("submit", write(chat_lines(2) + chat_lines(1)), "--dry-run"), INVALID)
    assert "duplicate_custom_id" in bad.stdout
    assert tenant.sdk.batches.list().data == [] and tenant.sdk.files.list().data == []


def test_dry_run_agrees_with_the_server(tenant, write):
    """What --dry-run calls invalid, the server does, in the same words, and the other way round."""
    cases = [["nonsense"], [line("", chat("x"))], [line("x", chat("x"), method="GET")], [line("x", chat("x", stream=True))],
             [line("x", {"model": "gpt-4o-mini"})], chat_lines(1) + chat_lines(1), chat_lines(1)]
    for number, lines in enumerate(cases):
        path = write(lines, name=f"{number}.jsonl")
        local = json.loads(tenant.cli("submit", path, "--dry-run", "--json", "--endpoint", "/v1/chat/completions").stdout)
        done = tenant.cli("submit", path, "--wait", "--json", "--endpoint", "/v1/chat/completions")
        remote = json.loads(done.stdout)
        assert local["valid"] == (remote["status"] == "completed"), (lines, local, remote)
        complaints = [(each["code"], each["line"]) for each in (remote["errors"] or {"data": []})["data"]]
        assert [(each["code"], each["line"]) for each in local["errors"]] == complaints


def test_jobs_and_cancel(tenant):
    done = expect(tenant.cli("ask", "gpt-4o-mini", "Why is the sky blue?", "--wait"), OK)
    assert done.stdout.strip()
    job = expect(tenant.cli("ask", "gpt-4o-mini", "[simulate:latency=20000] slow"), OK).stdout.strip()
    assert job.startswith("job_")
    eventually(lambda: json.loads(tenant.cli("status", job, "--json").stdout)["state"] == "running", "the job runs")
    expect(tenant.cli("cancel", job), OK)
    assert json.loads(tenant.cli("status", job, "--json").stdout)["state"] == "cancelled"
    expect(tenant.cli("watch", job), PARTLY)
    listed = [json.loads(each) for each in expect(tenant.cli("jobs", "--json"), OK).stdout.splitlines()]
    assert [each["state"] for each in listed] == ["cancelled", "succeeded"]
    assert job in expect(tenant.cli("jobs", "--state", "cancelled"), OK).stdout


def test_cancel_a_batch(tenant, write):
    identifier = tenant.cli("submit", write(chat_lines(50, prompt="[simulate:latency=20000]"))).stdout.strip()
    expect(tenant.cli("cancel", identifier), OK)
    expect(tenant.cli("watch", identifier), PARTLY)


def test_keys(stack, tenant):
    as_admin = {"PENSTOCK_API_KEY": stack.admin_key}
    done = expect(tenant.cli("keys", "create", "--tenant", "made-by-cli", "--name", "n", **as_admin), OK)
    key = done.stdout.strip()
    assert key.startswith("psk_") and Web(stack.url, key).get("/v1/models").status == 200
    expect(tenant.cli("tenants", "set", "made-by-cli", "--weight", "7", **as_admin), OK)
    listed = [json.loads(each) for each in tenant.cli("tenants", "list", "--json", **as_admin).stdout.splitlines()]
    assert {each["weight"] for each in listed if "made-by-cli" in each.values()} == {7}
    expect(tenant.cli("keys", "create", "--tenant", "x", "--name", "n"), ERROR)


def test_errors_are_told(tenant, write):
    path = write(chat_lines(1))
    assert "PENSTOCK_API_KEY" in expect(tenant.cli("submit", path, PENSTOCK_API_KEY="psk_wrong"), ERROR).stderr
    expect(tenant.cli("batches", PENSTOCK_URL="http://127.0.0.1:1"), UNREACHABLE)
    expect(tenant.cli("submit", path.parent / "nothing.jsonl"), ERROR)
    expect(tenant.cli("status", "batch_nothere"), ERROR)
    expect(tenant.cli("submit"), USAGE)
    expect(tenant.cli("nonsense"), USAGE)
    expect(tenant.cli("--help"), OK)
