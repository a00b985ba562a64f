"""Batches through the unmodified openai SDK: upload, create, poll, download."""

import json
import time

import openai
import pytest

from harness.batches import (assert_each_once, chat, chat_lines, create, line, results, upload, wait,
                             wait_for_progress)
from harness.settings import NARROW


def tokens(lines):
    usages = [each["response"]["body"]["usage"] for each in lines]
    return sum(usage["prompt_tokens"] for usage in usages), sum(usage["completion_tokens"] for usage in usages)


def test_upload_create_poll_download(tenant):
    lines = chat_lines(40)
    batch = create(tenant, lines, metadata={"purpose": "test"})
    assert batch.status == "validating" and batch.object == "batch"
    assert batch.expires_at == batch.created_at + 24 * 3600
    assert tenant.sdk.batches.retrieve(batch.id).metadata == {"purpose": "test"}
    done = wait(tenant, batch)
    assert done.status == "completed" and done.error_file_id is None
    assert done.created_at <= done.in_progress_at <= done.finalizing_at <= done.completed_at
    output, _ = assert_each_once(tenant, done, lines)
    for each in output:
        response = each["response"]
        assert each["error"] is None and response["status_code"] == 200 and response["request_id"]
        assert response["body"]["object"] == "chat.completion"
        assert response["body"]["choices"][0]["message"]["role"] == "assistant"
    tokens_in, tokens_out = tokens(output)
    assert tokens_in > 0 and tokens_out > 0
    usage = done.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (tokens_in, tokens_out, tokens_in + tokens_out)
    assert usage.input_tokens_details.cached_tokens >= 0 and usage.output_tokens_details.reasoning_tokens >= 0


def test_usage_and_cost_agree_with_the_ledger(stack, tenant):
    batch = wait(tenant, create(tenant, chat_lines(25), metadata={"penstock_tags": "feature=search,customer=c1"}))
    rows = stack.ledger.attempts(batch=batch.id)
    assert len(rows) == 25 and {(row["feature"], row["customer"]) for row in rows} == {("search", "c1")}
    assert (sum(row["input_tokens"] for row in rows), sum(row["output_tokens"] for row in rows)) == (
        batch.usage.input_tokens, batch.usage.output_tokens)
    nanodollars = sum(row["cost_nano"] for row in rows)
    assert batch.cost_usd == f"{nanodollars // 10**9}.{nanodollars % 10**9:09}" and batch.unknown_costs == 0
    for grouping, key in [("batch", batch.id), ("feature", "search"), ("customer", "c1"), ("tenant", tenant.name)]:
        report = tenant.web.get(f"/v1/costs?group_by={grouping}").json
        [cost] = [each for each in report["data"] if each["key"] == key]
        assert cost["calls"] == 25 and cost["cost_usd"] == batch.cost_usd and cost["unknown_costs"] == 0
        assert cost["input_tokens"] == batch.usage.input_tokens


def test_odd_custom_ids_come_back_byte_identical(tenant):
    names = ["a b  c", " leading and trailing ", "x" * 200, "ünï-çödé", "日本語の名前", "👩‍👩‍👧‍👦 family", "tab\tand\nline feed",
             'quote " and \\ backslash', "batch_req_1", "../../etc/passwd", "<script>", "{}", "null", "0", "\u00e9", "e\u0301",
             "\u2028 separator", "%00", "مرحبا"]
    lines = [line(name, chat("odd names")) for name in names]
    # The same letter written as an escape: JSON says it is the same custom_id as the letter itself.
    lines.append(lines.pop().replace("مرحبا", "\\u0645\\u0631\\u062d\\u0628\\u0627"))
    batch = wait(tenant, create(tenant, lines))
    assert batch.status == "completed", batch.errors
    output, errors = results(tenant, batch)
    assert not errors and sorted(each["custom_id"] for each in output) == sorted(names)


def test_embeddings_and_mixed_models(tenant):
    embeddings = [line(f"e{n}", {"model": "text-embedding-3-small", "input": f"text {n}"}, url="/v1/embeddings")
                  for n in range(10)]
    mixed = [line(f"m{n}", chat("mixed", model=["gpt-4o-mini", "gpt-4o"][n % 2])) for n in range(20)]
    first = create(tenant, embeddings, endpoint="/v1/embeddings")
    second = create(tenant, mixed)
    output, _ = assert_each_once(tenant, wait(tenant, first), embeddings)
    assert all(each["response"]["body"]["data"][0]["embedding"] for each in output)
    output, _ = assert_each_once(tenant, wait(tenant, second), mixed)
    models = {each["custom_id"]: each["response"]["body"]["model"] for each in output}
    assert all(model.startswith("gpt-4o-mini") == (int(name[1:]) % 2 == 0) for name, model in models.items())


def test_blank_lines_and_crlf_are_fine(tenant):
    lines = chat_lines(3)
    content = f"{lines[0]}\r\n\r\n\n{lines[1]}\n   \n{lines[2]}".encode()
    file = upload(tenant, content)
    batch = tenant.sdk.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    assert_each_once(tenant, wait(tenant, batch), lines)


def test_all_errors_is_completed_without_output(tenant):
    lines = chat_lines(5, prompt="[simulate:400]")
    batch = wait(tenant, create(tenant, lines))
    assert batch.status == "completed" and batch.output_file_id is None and batch.error_file_id
    _, errors = assert_each_once(tenant, batch, lines)
    assert all(each["response"]["status_code"] == 400 and each["error"] is None for each in errors)
    assert all(each["response"]["body"]["error"]["message"] for each in errors)


def test_some_errors_go_to_the_error_file(tenant):
    lines = chat_lines(10) + [line(f"bad-{n}", chat("[simulate:404]")) for n in range(3)]
    batch = wait(tenant, create(tenant, lines))
    output, errors = assert_each_once(tenant, batch, lines)
    assert batch.status == "completed" and len(output) == 10
    assert {each["custom_id"] for each in errors} == {"bad-0", "bad-1", "bad-2"}


def test_paging_of_batches(tenant):
    made = [create(tenant, chat_lines(1)).id for _ in range(5)]
    assert [each.id for each in tenant.sdk.batches.list(limit=2)] == made[::-1]
    page = tenant.sdk.batches.list(limit=2)
    assert [each.id for each in page.data] == made[:-3:-1] and page.has_more
    page = tenant.sdk.batches.list(limit=2, after=made[1])
    assert [each.id for each in page.data] == made[:1] and not page.has_more


def test_cancel_half_way_keeps_finished_lines(stack):
    tenant, lines = stack.tenant(), chat_lines(60, model=NARROW[0], prompt="[simulate:latency=100]")
    batch = create(tenant, lines)
    wait_for_progress(tenant, batch, finished=5)
    cancelled = tenant.sdk.batches.cancel(batch.id)
    assert cancelled.status in ("cancelling", "cancelled")
    assert tenant.sdk.batches.cancel(batch.id).status in ("cancelling", "cancelled")
    done = wait(tenant, batch)
    assert done.status == "cancelled" and done.cancelling_at <= done.cancelled_at
    output, errors = assert_each_once(tenant, done, lines)
    assert len(output) >= 5 and errors
    assert {each["error"]["code"] for each in errors} == {"batch_cancelled"}
    assert all(each["response"] is None for each in errors)
    assert tenant.sdk.batches.cancel(batch.id).status == "cancelled"


def test_a_finished_batch_cannot_be_cancelled(tenant):
    batch = wait(tenant, create(tenant, chat_lines(1)))
    with pytest.raises(openai.ConflictError) as caught:
        tenant.sdk.batches.cancel(batch.id)
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert tenant.sdk.batches.retrieve(batch.id).status == "completed"


def test_expiry_keeps_finished_lines(stack):
    tenant, lines = stack.tenant(), chat_lines(30, model=NARROW[1], prompt="[simulate:latency=700]")
    batch = create(tenant, lines, window="5s")
    assert batch.expires_at == batch.created_at + 5
    done = wait(tenant, batch)
    assert done.status == "expired" and done.expired_at >= batch.expires_at
    output, errors = assert_each_once(tenant, done, lines)
    assert output and errors
    assert {each["error"]["code"] for each in errors} == {"batch_expired"}
    assert time.time() < batch.expires_at + 30


@pytest.mark.parametrize("bad, code, at", [
    ('{"custom_id": "x", ', "invalid_json_line", 3),
    ("not json", "invalid_json_line", 3),
    (line("line-00001", chat("again")), "duplicate_custom_id", 3),
    (line("x", {"model": "gpt-4o-mini", "input": "text"}, url="/v1/embeddings"), "url_mismatch", 3),
    (line("x", chat("unknown", model="no-such-model")), "model_not_found", 3),
    (line("x", chat("streamed", stream=True)), "unsupported_parameter", 3),
    (line("x", chat("method"), method="GET"), "invalid_method", 3),
    (line("x", {"model": "gpt-4o-mini"}), "missing_required_parameter", 3),
    (json.dumps({"custom_id": "x", "method": "POST", "url": "/v1/chat/completions"}), "missing_required_parameter", 3),
    (line("x", chat("deep")).replace('"max_tokens": 16', '"deep": ' + "[" * 70 + "]" * 70), "invalid_json_line", 3),
])
def test_validation_errors_name_the_line(stack, tenant, bad, code, at):
    lines = chat_lines(2) + [bad] + [line("after", chat("after"))]
    batch = wait(tenant, create(tenant, lines))
    assert batch.status == "failed" and batch.failed_at and batch.output_file_id is None and batch.error_file_id is None
    found = [(each.code, each.line) for each in batch.errors.data]
    assert found == [(code, at)], found
    assert batch.errors.data[0].message
    assert stack.ledger.attempts(batch=batch.id) == [], "nothing must have run"


def test_invalid_utf8_and_nul_in_a_line(tenant):
    good = chat_lines(1)[0].encode()
    for number, bad in enumerate([good.replace(b"hello", b"\xff\xfe"), good.replace(b"hello", b"a\0b")]):
        file = upload(tenant, good.replace(b"line-00001", b"first") + b"\n" + bad + b"\n", name=f"{number}.jsonl")
        batch = wait(tenant, tenant.sdk.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"))
        assert [(each.code, each.line) for each in batch.errors.data] == [("invalid_json_line", 2)]


def test_a_file_of_blank_lines(tenant):
    file = upload(tenant, b"\n\n  \n")
    batch = wait(tenant, tenant.sdk.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"))
    assert batch.status == "failed" and [each.code for each in batch.errors.data] == ["empty_file"]


def test_too_many_lines(tenant):
    batch = wait(tenant, create(tenant, chat_lines(501)))
    assert batch.status == "failed" and [each.code for each in batch.errors.data] == ["too_many_tasks"]


def test_create_is_idempotent_under_a_key(tenant):
    file, other = upload(tenant, chat_lines(1)), upload(tenant, chat_lines(1))

    def send(file_id):
        return tenant.sdk.batches.create(input_file_id=file_id, endpoint="/v1/chat/completions",
                                         completion_window="24h", extra_headers={"Idempotency-Key": "once"})
    first = send(file.id)
    assert send(file.id).id == first.id
    with pytest.raises(openai.ConflictError) as caught:
        send(other.id)
    assert caught.value.code == "idempotency_conflict" and caught.value.response.headers["x-should-retry"] == "false"
    assert [each.id for each in tenant.sdk.batches.list()] == [first.id]


@pytest.mark.parametrize("changes, param", [
    ({"input_file_id": "file-nothere"}, "input_file_id"),
    ({"endpoint": "/v1/nothing"}, "endpoint"),
    ({"completion_window": "soon"}, "completion_window"),
    ({"completion_window": "0s"}, "completion_window"),
    ({"completion_window": "400d"}, "completion_window"),
    ({"metadata": {"penstock_clas": "batch"}}, "metadata.penstock_clas"),
    ({"metadata": {"penstock_class": "urgent"}}, "metadata.penstock_class"),
    ({"metadata": {f"k{n}": "v" for n in range(17)}}, "metadata"),
])
def test_bad_create_is_refused_at_once(tenant, changes, param):
    file = upload(tenant, chat_lines(1))
    arguments = {"input_file_id": file.id, "endpoint": "/v1/chat/completions", "completion_window": "24h", **changes}
    with pytest.raises(openai.BadRequestError) as caught:
        tenant.sdk.batches.create(**arguments)
    assert caught.value.param == param and caught.value.code and caught.value.message
    assert caught.value.request_id
    assert tenant.sdk.batches.list().data == []
