"""The command line against a running Penstock."""

import json

import pytest

from harness.batches import chat, chat_lines, create, line
from harness.processes import eventually
from harness.settings import FAIR, NARROW, pool_name
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


def as_admin(stack):
    return {"PENSTOCK_API_KEY": stack.admin_key}


def objects(done):
    return [json.loads(each) for each in expect(done, OK).stdout.splitlines()]


def test_top_shows_every_pool(stack, tenant, write):
    expect(tenant.cli("submit", write(chat_lines(5)), "--wait"), OK)
    [look] = objects(tenant.cli("top", "--once", "--json", **as_admin(stack)))
    pools = {each["id"]: each for each in look["pools"]}
    assert set(pools) == set(stack.settings["pools"])
    assert pools["pool-gpt-4o-mini"]["taken_jobs"] >= 5 and pools["pool-gpt-4o-mini"]["paused"] is False
    table = expect(tenant.cli("top", "--once", "--interval", "0.5", "--pool", "pool-gpt-4o-mini", **as_admin(stack)), OK)
    for expected in ["POOL pool-gpt-4o-mini", "gpt-4o-mini-target", "available", "gpt-4o-mini-limits", "requests/min"]:
        assert expected in table.stdout, table.stdout
    assert "POOL pool-gpt-4o " not in table.stdout and "\x1b" not in table.stdout
    expect(tenant.cli("top", "--once", "--pool", "nowhere", **as_admin(stack)), ERROR)
    expect(tenant.cli("top", "--once"), ERROR)


def test_top_shows_shares_of_those_who_compete(stack):
    """Two tenants of weights 1 and 3 keep a narrow pool busy; who has no work has no share."""
    light, heavy = stack.tenant(weight=1), stack.tenant(weight=3)
    batches = [create(each, chat_lines(300, prompt="[simulate:latency=100]", model=FAIR)) for each in (light, heavy)]

    def shares():
        done = expect(light.cli("top", "--once", "--interval", "3", "--pool", pool_name(FAIR), **as_admin(stack)), OK)
        rows = {row.split()[0]: row.split() for row in done.stdout.splitlines() if row}
        found = [rows.get(each.name) for each in (light, heavy)]
        return found if all(row and row[7] != "-" for row in found) else None

    of_light, of_heavy = eventually(shares, "both tenants compete", seconds=60)
    # TENANT CLASS WEIGHT WAITING RUNNING TOKENS/MIN SHARE /WEIGHT
    assert (of_light[2], of_heavy[2]) == ("1", "3")
    assert 0.5 <= float(of_light[7]) <= 2 and 0.5 <= float(of_heavy[7]) <= 2, (of_light, of_heavy)
    for each, batch in zip((light, heavy), batches):
        expect(each.cli("cancel", batch.id), OK)


@pytest.mark.parametrize("kind", ["pool", "target", "tenant", "batch"])
def test_pause_and_resume(new_stack, kind, write):
    stack = new_stack().up()
    tenant = stack.tenant()
    names = {"pool": "pool-gpt-4o-mini", "target": "gpt-4o-mini-target", "tenant": tenant.name}
    who = {} if kind == "batch" else as_admin(stack)
    if kind == "batch":
        names["batch"] = tenant.cli("submit", write(chat_lines(400, prompt="[simulate:latency=2000]"))).stdout.strip()
    paused = expect(tenant.cli("pause", f"--{kind}", names[kind], **who), OK)
    assert f"{kind} {names[kind]} is paused" in paused.stdout
    expect(tenant.cli("pause", f"--{kind}", names[kind], **who), OK)
    if kind == "batch":
        waiting = names["batch"]
        assert "paused since" in expect(tenant.cli("status", waiting), OK).stdout
    else:
        waiting = expect(tenant.cli("ask", "gpt-4o-mini", "wait for me"), OK).stdout.strip()
        eventually(lambda: "(paused)" in tenant.cli("status", waiting).stdout, "the job says that it is paused")
    expect(tenant.cli("resume", f"--{kind}", names[kind], **who), OK)
    expect(tenant.cli("watch", waiting), OK)


def test_pausing_what_is_not_there(stack, tenant):
    for kind in ["pool", "target", "tenant"]:
        expect(tenant.cli("pause", f"--{kind}", "nowhere", **as_admin(stack)), ERROR)
    listed = objects(tenant.cli("tenants", "list", "--json", **as_admin(stack)))
    assert "nowhere" not in [each["id"] for each in listed]
    expect(tenant.cli("pause", "--pool", "pool-gpt-4o"), ERROR)


def test_change_what_waits(tenant):
    """A job behind another one in a pool that runs one at a time."""
    first = expect(tenant.cli("ask", NARROW[5], "[simulate:latency=20000] slow"), OK).stdout.strip()
    eventually(lambda: json.loads(tenant.cli("status", first, "--json").stdout)["state"] == "running", "the first runs")
    second = expect(tenant.cli("ask", NARROW[5], "next"), OK).stdout.strip()
    eventually(lambda: "(slots)" in tenant.cli("status", second).stdout, "the second says what it waits for")
    expect(tenant.cli("change", second, "--class", "interactive", "--deadline", "2h"), OK)
    job = json.loads(tenant.cli("status", second, "--json").stdout)
    assert job["class"] == "interactive" and abs(job["deadline_at"] - job["created_at"] - 7200) < 60, job
    expect(tenant.cli("cancel", first), OK)
    expect(tenant.cli("watch", second), OK)
    expect(tenant.cli("change", second, "--class", "batch"), ERROR)


def test_retry_what_failed(tenant, write):
    mixed = chat_lines(3) + [line("bad é", chat("[simulate:400]")), line("bad e\u0301", chat("[simulate:400]"))]
    batch = json.loads(expect(tenant.cli("submit", write(mixed), "--wait", "--json", "--metadata", "run=7"), PARTLY).stdout)
    done = expect(tenant.cli("retry", batch["id"], "--failed"), OK)
    assert "2 of 5 requests" in done.stderr
    again = json.loads(expect(tenant.cli("watch", done.stdout.strip(), "--json"), PARTLY).stdout)
    assert again["request_counts"] == {"total": 2, "completed": 0, "failed": 2}
    assert again["metadata"] == {"run": "7", "retry_of": batch["id"]}
    assert (again["endpoint"], again["completion_window"]) == (batch["endpoint"], batch["completion_window"])
    sent = tenant.sdk.files.content(again["input_file_id"]).read().decode()
    assert sent == "".join(each + "\n" for each in mixed[3:])


def test_retry_of_what_did_not_fail(tenant, write):
    good = expect(tenant.cli("submit", write(chat_lines(2)), "--wait", "--json"), OK)
    done = expect(tenant.cli("retry", json.loads(good.stdout)["id"], "--failed"), OK)
    assert done.stdout == "" and "nothing to do" in done.stderr
    running = expect(tenant.cli("submit", write(chat_lines(2, prompt="[simulate:latency=20000]"))), OK).stdout.strip()
    assert "only an ended one" in expect(tenant.cli("retry", running, "--failed"), ERROR).stderr
    expect(tenant.cli("cancel", running), OK)


def test_a_batch_stops_at_its_cost_limit(tenant, write):
    path = write(chat_lines(200))
    done = expect(tenant.cli("submit", path, "--max-cost", "0.0002", "--wait", "--json"), PARTLY)
    batch = json.loads(done.stdout)
    assert batch["penstock"]["max_cost_usd"] and float(batch["cost_usd"]) <= 0.0002
    errors = expect(tenant.cli("results", batch["id"], "--errors"), OK).stdout.splitlines()
    assert {json.loads(each)["error"]["code"] for each in errors} == {"penstock_max_cost_reached"}
    assert "cost limit" in expect(tenant.cli("status", batch["id"]), OK).stdout
    expect(tenant.cli("submit", path, "--max-cost", "0"), USAGE)


def test_bounds_of_a_tenant(stack, tenant):
    set_bounds = tenant.cli("tenants", "set", tenant.name, "--max-jobs", "1", "--tokens-per-minute", "9000",
                            **as_admin(stack))
    assert "9,000" in expect(set_bounds, OK).stdout
    job = expect(tenant.cli("ask", NARROW[4], "[simulate:latency=20000] slow"), OK).stdout.strip()
    reply = tenant.web.post("/v1/jobs", {"body": chat("one too many", model=NARROW[4])})
    assert reply.status == 429 and reply.json["error"]["code"] == "tenant_jobs_limit"
    expect(tenant.cli("cancel", job), OK)
    expect(tenant.cli("tenants", "set", tenant.name, "--max-jobs", "none", **as_admin(stack)), OK)


def test_errors_are_told(tenant, write):
    path = write(chat_lines(1))
    assert "PENSTOCK_API_KEY" in expect(tenant.cli("submit", path, PENSTOCK_API_KEY="psk_wrong"), ERROR).stderr
    expect(tenant.cli("batches", PENSTOCK_URL="http://127.0.0.1:1"), UNREACHABLE)
    expect(tenant.cli("submit", path.parent / "nothing.jsonl"), ERROR)
    expect(tenant.cli("status", "batch_nothere"), ERROR)
    expect(tenant.cli("submit"), USAGE)
    expect(tenant.cli("nonsense"), USAGE)
    expect(tenant.cli("--help"), OK)


def test_files_are_shown_and_deleted_for_scripts(tenant, write):
    [made] = objects(tenant.cli("files", "upload", write(chat_lines(2)), "--json"))
    [shown] = objects(tenant.cli("files", "show", made["id"], "--json"))
    assert shown["id"] == made["id"] and shown["purpose"] == "batch"
    assert "requests.jsonl" in expect(tenant.cli("files", "show", made["id"]), OK).stdout
    [gone] = objects(tenant.cli("files", "delete", made["id"], "--yes", "--json"))
    assert gone["deleted"] is True
    expect(tenant.cli("files", "show", made["id"]), ERROR)


def test_a_webhook_endpoint_is_changed(tenant):
    types = expect(tenant.cli("webhooks", "event-types"), OK).stdout.splitlines()
    assert {"batch.completed", "job.failed"} <= set(types)
    [made] = objects(tenant.cli("webhooks", "create", "--name", "ci", "--to", "http://127.0.0.1:9/a", "--events",
                                "batch.completed,batch.failed", "--json"))
    expect(tenant.cli("webhooks", "update", made["id"], "--to", "http://127.0.0.1:9/b", "--events", "job.failed"), OK)
    [shown] = objects(tenant.cli("webhooks", "show", made["id"], "--json"))
    assert (shown["name"], shown["url"], shown["event_types"]) == ("ci", "http://127.0.0.1:9/b", ["job.failed"])
    assert "signing_secret" not in shown and "job.failed" in tenant.cli("webhooks", "show", made["id"]).stdout
    assert "invalid_event_type" in expect(tenant.cli("webhooks", "update", made["id"], "--events", "no"), ERROR).stderr
    assert objects(tenant.cli("webhooks", "deliveries", "--endpoint", made["id"], "--json")) == []


def test_doctor_looks_at_clocks(tenant):
    assert "clock and the server's agree" in expect(tenant.cli("doctor"), OK).stdout
    assert "bad" not in {each["grade"] for each in objects(tenant.cli("doctor", "--json"))}
    refused = expect(tenant.cli("doctor", "--json", PENSTOCK_API_KEY="psk_wrong"), ERROR)
    last = json.loads(refused.stdout.splitlines()[-1])
    assert last["grade"] == "bad" and last["advice"]


def test_progress_without_a_terminal(tenant, write):
    path = write(chat_lines(3, prompt="[simulate:latency=1500]"))
    shown = expect(tenant.cli("submit", path, "--wait"), OK).stderr
    quiet = expect(tenant.cli("submit", path, "--wait", "--quiet"), OK).stderr
    states = ["validating", "in_progress", "finalizing", "completed"]
    assert any(line.startswith(tuple(states)) for line in shown.splitlines()), shown
    assert not any(line.startswith(tuple(states)) for line in quiet.splitlines()), quiet
    assert "\x1b" not in shown + quiet


def test_every_help_has_exit_codes(tenant):
    for command in [["files"], ["files", "show"], ["webhooks", "rotate"], ["cost"], ["results"], ["doctor"], ["top"]]:
        assert "Exit codes" in expect(tenant.cli(*command, "--help"), OK).stdout, command
    for shell in ["bash", "zsh", "fish"]:
        assert "doctor" in expect(tenant.cli("completion", shell), OK).stdout


def test_following_the_results_of_a_refused_batch_says_so(tenant, write):
    refused = json.loads(expect(tenant.cli("submit", write(chat_lines(1) + ["nonsense"]), "--wait", "--json"), INVALID).stdout)
    assert "invalid_json_line" in expect(tenant.cli("results", refused["id"], "--follow"), INVALID).stdout
