"""Batches in the OpenAI dialect on targets that speak Anthropic's API, and adapters that do not work."""

import json

import anthropic
import openai
import pytest

from harness.batches import assert_each_once, chat, create, line, results, wait
from harness.processes import eventually
from harness.settings import ANTHROPIC, PRICES
from test_settings import idle, refusal, start  # noqa: F401  (idle is a fixture)

TOOL = {"type": "function", "function": {"name": "book", "description": "Books a room.", "strict": True, "parameters": {
    "type": "object", "required": ["city", "nights"], "additionalProperties": False, "properties": {
        "city": {"type": "string"}, "nights": {"type": "integer", "minimum": 2, "maximum": 2},
        "limit": {"type": "number", "maximum": 123456789012345678901234567890}}}}}
LONG = "word " * 2000


def picodollars(text):
    whole, _, fraction = text.partition(".")
    return int(whole) * 10**6 + int(fraction.ljust(6, "0"))


def cost(model, input_tokens, cached, written, output):
    """Nanodollars, as the books have to have them."""
    prices = {key: picodollars(value) for key, value in PRICES[model].items()}
    total = ((input_tokens - cached - written) * prices["input_per_million"]
             + cached * prices["cached_input_per_million"]
             + written * prices.get("cache_write_per_million", prices["input_per_million"])
             + output * prices["output_per_million"])
    quotient, rest = divmod(total, 1000)
    return quotient + (rest > 500 or (rest == 500 and quotient % 2))


def test_a_batch_of_several_models(stack, tenant):
    models = [*ANTHROPIC, "gpt-4o-mini"]
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Book a room."},
             {"role": "assistant", "content": None, "tool_calls": [
                 {"id": "call_1", "type": "function", "function": {"name": "book", "arguments": '{"city": "Köln", "nights": 2}'}}]},
             {"role": "tool", "tool_call_id": "call_1", "content": "booked"}]
    lines = [line(f"plain-{n}", chat("Say hello.", model=models[n % 3])) for n in range(30)]
    lines += [line(f"tool-{n}", {**chat("Book a room.", model=models[n % 3], tools=[TOOL], tool_choice="required",
                                        temperature=1.0), "max_tokens": 200}) for n in range(9)]
    lines += [line(f"long-{n}", chat(f"{n} {LONG}", model=ANTHROPIC[n % 2])) for n in range(20)]
    lines += [line(f"turns-{n}", {"model": ANTHROPIC[n % 2], "messages": [*turns, {"role": "user", "content": f"Thanks {n}"}],
                                  "tools": [TOOL], "tool_choice": "none", "user": "u"}) for n in range(4)]
    batch = wait(tenant, create(tenant, lines))
    assert batch.status == "completed", batch.errors
    output, errors = assert_each_once(tenant, batch, lines)
    assert not errors
    asked = {each["custom_id"]: each["body"]["model"] for each in map(json.loads, lines)}
    read = written = 0
    for each in output:
        body = openai.types.chat.ChatCompletion.model_validate(each["response"]["body"])
        assert body.object == "chat.completion" and body.created > 0 and body.model == asked[each["custom_id"]]
        assert each["response"]["request_id"].startswith("req_")
        choice, usage = body.choices[0], body.usage
        assert usage.prompt_tokens + usage.completion_tokens == usage.total_tokens
        if each["custom_id"].startswith("tool-"):
            assert choice.finish_reason == "tool_calls" and choice.message.content is None
            [call] = choice.message.tool_calls
            arguments = json.loads(call.function.arguments)
            assert call.function.name == "book" and arguments["nights"] == 2 and set(arguments) >= {"city", "nights"}
        else:
            assert choice.message.content and choice.finish_reason in ("stop", "length")
        read += usage.prompt_tokens_details.cached_tokens
        written += each["response"]["body"]["usage"]["prompt_tokens_details"].get("cache_write_tokens", 0)
    assert read > 0 and written > 0

    rows = stack.ledger.attempts(batch=batch.id)
    assert len(rows) == len(lines)
    assert {(row["model"], row["provider"]) for row in rows} == {
        (model, "anthropic" if model in ANTHROPIC else "openai") for model in models}
    for row in rows:
        tokens = [row[name] for name in ["input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens"]]
        assert row["cost_nano"] == cost(row["model"], *tokens), row
    assert sum(row["cached_tokens"] for row in rows) == read
    assert sum(row["cache_write_tokens"] for row in rows) == written
    total = sum(row["cost_nano"] for row in rows)
    assert batch.cost_usd == f"{total // 10**9}.{total % 10**9:09}" and batch.unknown_costs == 0
    assert batch.usage.input_tokens == sum(row["input_tokens"] for row in rows)
    assert batch.usage.input_tokens_details.cached_tokens == read
    assert batch.usage.input_tokens_details.cache_write_tokens == written
    [report] = [each for each in tenant.web.get("/v1/costs?group_by=total").json["data"]]
    assert report["cost_usd"] == batch.cost_usd and report["cache_write_tokens"] == written


def test_errors_are_told_in_the_openai_dialect(stack, tenant):
    model = ANTHROPIC[0]
    lines = [
        line("once", chat("[simulate:once=503]", model=model)),
        line("bad", chat("[simulate:400]", model=model)),
        line("context", chat("[simulate:context_length]", model=model)),
        line("unknown", chat("[simulate:404]", model=model)),
        line("several", chat("two answers", model=model, n=2)),
        line("audio", {"model": model, "messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}),
        line("arguments", {"model": model, "messages": [{"role": "assistant", "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{"}}]}]}),
    ]
    batch = wait(tenant, create(tenant, lines))
    output, errors = assert_each_once(tenant, batch, lines)
    assert [each["custom_id"] for each in output] == ["once"]
    found = {each["custom_id"]: each for each in errors}
    answered = {"bad": (400, None), "context": (400, "context_length_exceeded"), "unknown": (404, "model_not_found")}
    for name, (status, code) in answered.items():
        response = found[name]["response"]
        error = response["body"]["error"]
        assert response["status_code"] == status and set(response["body"]) == {"error"}, response
        assert set(error) == {"message", "type", "param", "code"} and error["code"] == code and error["message"], error
    said = {"several": "`n`", "audio": "input_audio", "arguments": "arguments"}
    for name, part in said.items():
        assert found[name]["response"] is None
        assert found[name]["error"]["code"] == "caller_invalid_request" and part in found[name]["error"]["message"], found[name]
    outcomes = {row["outcome"] for row in stack.ledger.attempts(batch=batch.id)}
    assert outcomes >= {"succeeded", "provider_overloaded", "caller_context_too_long"}


def test_what_a_family_does_not_serve_is_refused_at_the_door(tenant):
    bodies = {"/v1/embeddings": {"model": ANTHROPIC[0], "input": "text"}, "/v1/responses": {"model": ANTHROPIC[0], "input": "x"}}
    for endpoint, body in bodies.items():
        batch = wait(tenant, create(tenant, [line("e", body, url=endpoint)], endpoint=endpoint))
        assert batch.status == "failed"
        assert [(each.code, each.line) for each in batch.errors.data] == [("unsupported_endpoint", 1)]
        reply = tenant.web.post("/v1/jobs", {"endpoint": endpoint, "body": body})
        assert reply.status == 400 and reply.error["code"] == "unsupported_endpoint" and reply.error["param"] == "endpoint"


def test_headers_go_where_their_api_is_spoken(stack, tenant):
    def received(name, value):
        return [call for call in stack.calls() if call["headers"].get(name) == value]

    sdk = anthropic.Anthropic(base_url=stack.url, api_key=tenant.key, max_retries=0)
    beta = f"context-management-2025-06-27,{tenant.name}"
    requests = [{"custom_id": f"r{n}", "params": {"model": ANTHROPIC[n % 2], "max_tokens": 20, "messages": [
        {"role": "user", "content": f"{tenant.name} {n}"}]}} for n in range(6)]
    # As its beta API does it, which names the batches' own beta, too.
    batch = sdk.beta.messages.batches.create(requests=requests, betas=beta.split(","))
    eventually(lambda: sdk.messages.batches.retrieve(batch.id).processing_status == "ended", "the batch ends")
    assert sdk.messages.batches.retrieve(batch.id).request_counts.succeeded == 6
    assert sorted(call["model"] for call in received("anthropic-beta", beta)) == sorted(3 * ANTHROPIC)

    # Every call of a job, also after one that failed.
    native = {"endpoint": "/v1/messages", "body": {**requests[0]["params"], "messages": [
        {"role": "user", "content": f"[simulate:once=503] {tenant.name}"}]}}
    job = tenant.web.post("/v1/jobs", native, headers={"anthropic-beta": f"job-{beta}"})
    assert job.status == 202 and "penstock-warning" not in job.headers, job
    assert tenant.web.get(f"/v1/jobs/{job.json['id']}?wait=30").json["state"] == "succeeded"
    assert len(received("anthropic-beta", f"job-{beta}")) == 2
    job = tenant.web.post("/v1/jobs", {"body": chat("hello")}, headers={"OpenAI-Beta": beta, "OpenAI-Project": "p"})
    assert job.status == 202 and job.headers["penstock-warning"] == "header openai-project is not passed on", job
    assert tenant.web.get(f"/v1/jobs/{job.json['id']}?wait=30").json["state"] == "succeeded"
    [call] = received("openai-beta", beta)
    assert "openai-project" not in call["headers"]
    made = tenant.web.post("/v1/responses", {"model": "gpt-4o-mini", "input": "hello", "background": True},
                           headers={"OpenAI-Beta": f"response-{beta}"})
    assert made.status == 200, made
    eventually(lambda: received("openai-beta", f"response-{beta}"), "the response is called for")


def test_headers_that_cannot_go_along_are_refused(stack, tenant):
    sdk = anthropic.Anthropic(base_url=stack.url, api_key=tenant.key, max_retries=0)
    requests = [{"custom_id": name, "params": {"model": model, "max_tokens": 20, "messages": [
        {"role": "user", "content": "hi"}]}} for name, model in [("native", ANTHROPIC[0]), ("translated", "gpt-4o-mini")]]
    with pytest.raises(anthropic.BadRequestError) as refused:
        sdk.beta.messages.batches.create(requests=requests, betas=["context-management-2025-06-27"])
    assert refused.value.body["error"]["code"] == "header_not_supported"
    assert "`anthropic-beta`" in str(refused.value) and "`gpt-4o-mini`" in str(refused.value)
    # What SDKs send by themselves is no reason.
    batch = sdk.beta.messages.batches.create(requests=requests)
    eventually(lambda: sdk.messages.batches.retrieve(batch.id).request_counts.succeeded == 2, "both are answered")
    reply = tenant.web.post("/v1/jobs", {"body": chat("hi", model=ANTHROPIC[0])}, headers={"OpenAI-Beta": "b=1"})
    assert reply.status == 400 and reply.error["code"] == "header_not_supported" and reply.error["param"] == "openai-beta"
    lines = [line("a", chat("hi")), line("b", chat("hi", model=ANTHROPIC[0]))]
    batch = wait(tenant, create(tenant, lines, extra_headers={"OpenAI-Beta": "b=1"}))
    assert batch.status == "failed"
    assert [(each.code, each.line) for each in batch.errors.data] == [("header_not_supported", 2)]


@pytest.mark.parametrize("files, adapter, says", [
    ({}, "gemini", "there is no adapter `gemini`"),
    ({"own.jq": "def adapter: {}; def request: nothing;"}, "own", "own.jq"),
    ({"openai.jq": "def adapter: {};"}, "openai", "openai.jq"),
    (None, "anthropic", "cannot be read"),
])
def test_adapters_that_do_not_work_stop_the_start(idle, tmp_path, files, adapter, says):  # noqa: F811
    directory = tmp_path / "adapters"
    if files is not None:
        directory.mkdir()
        for name, text in files.items():
            (directory / name).write_text(text)
    pools = {"pool-claude-haiku": {"targets": {"claude-haiku-target": {"adapter": adapter}}}}
    for command in ["check", "up", "worker"]:
        process = start(idle, tmp_path, {"pools": pools, "adapters": {"directory": str(directory)}}, command)
        assert says in refusal(process), command


def test_a_family_of_ones_own(new_stack, tmp_path):
    """A .jq file and a settings entry, no Swift: here one that calls the simulator's chat API by another name."""
    (tmp_path / "shout.jq").write_text("""
        def adapter: {endpoints: {"/v1/chat/completions": "/chat/completions"}};
        def request: .messages |= map(.content |= ascii_upcase);
        def usage: .usage | {input: .prompt_tokens, output: .completion_tokens};
        def response: .choices[0].message.content |= ascii_upcase;
        def failure: .body;
        """)
    target = {"pool-gpt-4o": {"targets": {"gpt-4o-target": {"adapter": "shout"}}}}
    stack = new_stack(pools=target, adapters={"directory": str(tmp_path)}).up()
    tenant = stack.tenant()
    lines = [line("a", chat("hello", model="gpt-4o"))]
    output, _ = assert_each_once(tenant, wait(tenant, create(tenant, lines)), lines)
    text = output[0]["response"]["body"]["choices"][0]["message"]["content"]
    assert text and text == text.upper()
