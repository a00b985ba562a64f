"""Redis as managed services offer it: TLS with client certificates, and a user that may do no more than it must."""

from harness.batches import assert_each_once, chat, chat_lines, create, wait, wait_for_progress
from harness.tls import Authority, TLSRedisServer


def test_everything_works_over_tls_under_a_restricted_user(new_stack):
    stack = new_stack(redis_class=TLSRedisServer, simulator={"latency_ms": 200}).up()
    tenant, lines = stack.tenant(), chat_lines(200)
    job = tenant.web.post("/v1/jobs", {"body": chat("over TLS")}).json
    batch = wait(tenant, create(tenant, lines))
    assert batch.status == "completed"
    assert_each_once(tenant, batch, lines)
    # A long poll is woken through Redis' publish and subscribe, which the user may only do on Penstock's channels.
    assert tenant.web.get(f"/v1/jobs/{job['id']}?wait=30").json["state"] == "succeeded"
    cancelled = tenant.web.post("/v1/jobs", {"body": chat("not this one", model="narrow-1"), "deadline": "1h"}).json
    assert tenant.web.post(f"/v1/jobs/{cancelled['id']}/cancel").status in (200, 409)
    # Recovery uses commands of its own.
    lines = chat_lines(1500)
    batch = create(tenant, lines)
    wait_for_progress(tenant, batch, finished=100)
    stack.kill("worker")
    assert_each_once(tenant, wait(tenant, batch), lines)
    assert "NOPERM" not in stack.supervisor.log.read_text()


def test_the_wrong_authority_is_refused_by_name(new_stack, tmp_path):
    stack = new_stack(redis_class=TLSRedisServer)
    other = Authority(tmp_path / "other")
    done = stack.penstockd("check", "--settings", stack.changed(redis={"ca_file": str(other.certificate)}), check=False)
    assert done.returncode != 0
    assert "certificate" in (done.stdout + done.stderr).lower()
    assert "p%25ss" not in done.stdout + done.stderr and "p%ss" not in done.stdout + done.stderr


def test_files_without_tls_are_an_error(new_stack):
    stack = new_stack()
    done = stack.penstockd("check", "--settings", stack.changed(redis={"ca_file": "/some/ca.crt"}), check=False)
    assert done.returncode != 0
    assert "rediss://" in done.stderr, done
