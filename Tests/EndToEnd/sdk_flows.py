"""What users of the official SDKs do, run by `test_sdks.py` as a program of its own: once with the newest SDKs, once with
the oldest that are still common. Reads a JSON object from standard input, prints nothing, fails by an exception."""

import json
import sys
import tempfile
import time

import anthropic
import openai


def eventually(look, seconds=60):
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


class User:
    def __init__(self, facts, key):
        self.key, self.model, self.claude, self.slow = facts[key], facts["model"], facts["claude"], facts["slow"]
        self.openai = openai.OpenAI(base_url=f"{facts['url']}/v1", api_key=self.key)
        self.anthropic = anthropic.Anthropic(base_url=facts["url"], api_key=self.key)


# OpenAI


def openai_batches(user, stranger):
    sdk = user.openai
    lines = [{"custom_id": name, "method": "POST", "url": "/v1/chat/completions",
              "body": {"model": user.model, "messages": [{"role": "user", "content": "hello"}]}}
             for name in ["a b", "ünïcödé 日本", "x" * 64, "水" * 200]]
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write("\n".join(map(json.dumps, lines)).encode())
        file.flush()
        uploaded = sdk.files.create(file=open(file.name, "rb"), purpose="batch")
    assert sdk.files.wait_for_processing(uploaded.id).status == "processed"
    batch = sdk.batches.create(input_file_id=uploaded.id, endpoint="/v1/chat/completions", completion_window="24h",
                               metadata={"team": "search"})
    assert batch.status == "validating" and batch.output_file_id is None and batch.request_counts.total == 0
    batch = eventually(lambda: done(sdk.batches.retrieve(batch.id), "completed"))
    assert batch.request_counts.completed == batch.request_counts.total == 4 and batch.error_file_id is None
    output = [json.loads(line) for line in sdk.files.content(batch.output_file_id).text.splitlines()]
    assert sorted(line["custom_id"] for line in output) == sorted(line["custom_id"] for line in lines)
    assert batch.id in [each.id for each in sdk.batches.list(limit=1)]
    assert sdk.files.retrieve(batch.output_file_id).purpose == "batch_output"
    assert sdk.files.list(purpose="assistants").data == [] and sdk.files.list(purpose="batch").data
    other = stranger.openai
    for call in [lambda: other.batches.retrieve(batch.id), lambda: other.batches.cancel(batch.id),
                 lambda: other.files.retrieve(uploaded.id), lambda: other.files.content(batch.output_file_id),
                 lambda: other.files.delete(uploaded.id)]:
        assert raises(openai.NotFoundError, call).body["code"] == "not_found"
    assert raises(openai.NotFoundError, lambda: sdk.batches.retrieve("batch_never")).request_id.startswith("req_")
    assert sdk.files.delete(uploaded.id).deleted


def done(thing, status):
    assert thing.status != "failed", thing
    return thing if thing.status == status else None


def openai_responses(user, stranger):
    sdk = user.openai
    response = sdk.responses.create(model=user.model, input="Say hello.", background=True, max_output_tokens=40,
                                    instructions="Be brief.", metadata={"team": "search"},
                                    extra_body={"background_options": {"completion_window": "2h"}})
    assert response.id.startswith("resp_") and response.status in ("queued", "in_progress") and response.background
    assert response.output == [] and response.tools == [] and response.tool_choice == "auto"
    assert response.parallel_tool_calls is True and response.usage is None and response.error is None
    assert response.instructions == "Be brief." and response.metadata == {"team": "search"}
    assert response.created_at > 1.6e9 and response.max_output_tokens == 40 and response.model == user.model
    ended = eventually(lambda: done_response(sdk.responses.retrieve(response.id)))
    assert ended.status in ("completed", "incomplete") and ended.id == response.id and ended.output_text
    assert ended.usage.total_tokens == ended.usage.input_tokens + ended.usage.output_tokens > 0
    assert ended.created_at == response.created_at
    assert sdk.responses.retrieve(response.id, include=["file_search_call.results", "reasoning.encrypted_content"]).id == ended.id
    assert sdk.responses.cancel(response.id).status == ended.status
    chain = lambda who, previous: who.responses.create(  # noqa: E731
        model=user.model, input="And again.", background=True, previous_response_id=previous)
    next_one = eventually(lambda made=chain(sdk, response.id): done_response(sdk.responses.retrieve(made.id)))
    # The provider was told its own name of the first.
    assert next_one.output_text and next_one.previous_response_id not in (None, response.id)
    for who, previous in [(sdk, "resp_never"), (stranger.openai, response.id)]:
        assert raises(openai.BadRequestError, lambda: chain(who, previous)).body["code"] == "previous_response_not_found"
    for call in [lambda: stranger.openai.responses.retrieve(response.id),
                 lambda: stranger.openai.responses.cancel(response.id),
                 lambda: stranger.openai.responses.delete(response.id)]:
        assert raises(openai.NotFoundError, call).body["code"] == "not_found"
    sdk.responses.delete(response.id)
    raises(openai.NotFoundError, lambda: sdk.responses.retrieve(response.id))
    # Deleted while its call is under way: that it ends nevertheless brings nothing back.
    gone = sdk.responses.create(model=user.model, input="[simulate:latency=1500] wait", background=True)
    eventually(lambda: sdk.responses.retrieve(gone.id).status == "in_progress")
    sdk.responses.delete(gone.id)
    until = time.monotonic() + 4
    while time.monotonic() < until:
        raises(openai.NotFoundError, lambda: sdk.responses.retrieve(gone.id))
        time.sleep(0.2)
    slow = sdk.responses.create(model=user.slow, input="[simulate:latency=20000] wait", background=True)
    assert sdk.responses.retrieve(slow.id).status in ("queued", "in_progress")
    assert sdk.responses.cancel(slow.id).status == "cancelled" == sdk.responses.retrieve(slow.id).status
    assert sdk.responses.cancel(slow.id).status == "cancelled"
    failed = sdk.responses.create(model=user.model, input="[simulate:400] x", background=True)
    failed = eventually(lambda: done_response(sdk.responses.retrieve(failed.id)))
    assert failed.status == "failed" and failed.error.message and failed.output == []
    raises(openai.BadRequestError, lambda: sdk.responses.create(model=user.model, input="now"))
    raises(openai.BadRequestError, lambda: sdk.responses.create(model="no-such-model", input="x", background=True))


def done_response(response):
    return response if response.status not in ("queued", "in_progress") else None


# Anthropic


def message(user, text="hello", model=None, **more):
    return {"model": model or user.claude, "max_tokens": 60, "messages": [{"role": "user", "content": text}], **more}


def anthropic_batches(user, stranger):
    api = user.anthropic.messages.batches
    tool = {"name": "book", "description": "Books.", "input_schema": {"type": "object", "properties": {
        "nights": {"type": "integer"}}, "required": ["nights"]}}
    requests = [
        {"custom_id": "plain", "params": message(user, system="Be brief.")},
        {"custom_id": "translated", "params": message(user, model=user.model, system=[{"type": "text", "text": "Be."}])},
        {"custom_id": "tool", "params": message(user, model=user.model, tools=[tool], tool_choice={"type": "any"})},
        {"custom_id": "ünï 日本 " + "x" * 50, "params": message(user)},
        {"custom_id": "no-model", "params": message(user, model="no-such-model")},
        {"custom_id": "bad-params", "params": {"model": user.claude, "messages": "none"}},
        {"custom_id": "refused", "params": message(user, "[simulate:400] x")},
        {"custom_id": "refused-translated", "params": message(user, "[simulate:400] x", model=user.model)},
    ]
    batch = api.create(requests=requests)
    assert batch.id.startswith("msgbatch_") and batch.type == "message_batch" and batch.results_url is None
    counts = batch.request_counts
    assert batch.processing_status == "in_progress" and counts.processing == 8
    assert counts.succeeded == counts.errored == counts.canceled == counts.expired == 0
    assert (batch.expires_at - batch.created_at).total_seconds() == 86_400 and batch.ended_at is None
    raises(anthropic.BadRequestError, lambda: user.anthropic.get(
        f"/v1/messages/batches/{batch.id}/results", cast_to=object))
    ended = eventually(lambda: ended_batch(api.retrieve(batch.id), 8))
    assert ended.request_counts.succeeded == 4 and ended.request_counts.errored == 4 and ended.results_url
    results = {each.custom_id: each.result for each in api.results(batch.id)}
    assert sorted(results) == sorted(each["custom_id"] for each in requests)
    for name in ["plain", "translated", "ünï 日本 " + "x" * 50]:
        told = results[name].message
        assert results[name].type == "succeeded" and told.role == "assistant" and told.type == "message"
        assert told.content[0].type == "text" and told.content[0].text and told.usage.output_tokens > 0
        assert told.stop_reason in ("end_turn", "max_tokens") and told.usage.input_tokens > 0
    assert results["tool"].message.stop_reason == "tool_use"
    assert isinstance(results["tool"].message.content[0].input["nights"], int)
    kinds = {name: results[name].error.error.type for name in
             ["no-model", "bad-params", "refused", "refused-translated"]}
    assert kinds == {"no-model": "not_found_error", "bad-params": "invalid_request_error",
                     "refused": "invalid_request_error", "refused-translated": "invalid_request_error"}, kinds
    for call in [lambda: stranger.anthropic.messages.batches.retrieve(batch.id),
                 lambda: stranger.anthropic.messages.batches.cancel(batch.id),
                 lambda: list(stranger.anthropic.messages.batches.results(batch.id)),
                 lambda: stranger.anthropic.messages.batches.delete(batch.id)]:
        error = raises(anthropic.NotFoundError, call)
        assert error.body["type"] == "error" and error.body["error"]["type"] == "not_found_error"
        assert error.request_id == error.body["request_id"] and error.request_id.startswith("req_")
    assert api.delete(batch.id).id == batch.id
    raises(anthropic.NotFoundError, lambda: api.retrieve(batch.id))


def ended_batch(batch, total):
    counts = batch.request_counts
    assert sum([counts.processing, counts.succeeded, counts.errored, counts.canceled, counts.expired]) == total
    return batch if batch.processing_status == "ended" else None


def anthropic_lists(user, stranger):
    api = user.anthropic.messages.batches
    made = [api.create(requests=[{"custom_id": "one", "params": message(user)}]).id for _ in range(7)]
    newest_first = made[::-1]
    assert [each.id for each in api.list(limit=20).data][:7] == newest_first
    page = api.list(limit=3)
    assert [each.id for each in page.data] == newest_first[:3] and page.has_more
    # What comes in between moves nothing.
    api.create(requests=[{"custom_id": "one", "params": message(user)}])
    rest = [each.id for each in api.list(limit=3, after_id=page.last_id)]
    assert rest[:4] == newest_first[3:7]
    page = api.list(limit=2, before_id=newest_first[4])
    assert [each.id for each in page.data] == newest_first[2:4] and page.has_more
    assert not set(made) & {each.id for each in stranger.anthropic.messages.batches.list(limit=100)}


def anthropic_cancel(user, stranger):
    api = user.anthropic.messages.batches
    batch = api.create(requests=[{"custom_id": f"r{n}", "params": message(user, "[simulate:latency=8000] x", model=user.slow)}
                                 for n in range(30)])
    raises(anthropic.BadRequestError, lambda: api.delete(batch.id))
    asked = api.cancel(batch.id)
    assert asked.processing_status in ("canceling", "ended") and asked.cancel_initiated_at
    assert api.cancel(batch.id).id == batch.id
    ended = eventually(lambda: ended_batch(api.retrieve(batch.id), 30))
    assert ended.request_counts.canceled >= 28 and ended.request_counts.processing == 0
    assert sum(each.result.type == "canceled" for each in api.results(batch.id)) == ended.request_counts.canceled


def anthropic_refusals(user, stranger):
    api = user.anthropic.messages.batches
    good = message(user)
    for requests, words in [
        ([], "at least 1"), ([{"params": good}], "custom_id"), ([{"custom_id": "x" * 65, "params": good}], "64"),
        ([{"custom_id": "a", "params": good}, {"custom_id": "a", "params": good}], "requests.1.custom_id"),
        ([{"custom_id": "a"}], "requests.0.params"),
    ]:
        error = raises(anthropic.BadRequestError, lambda: api.create(requests=requests))
        assert error.body["error"]["type"] == "invalid_request_error" and words in str(error), error
    nobody = user.anthropic.with_options(api_key="psk_wrong")
    assert raises(anthropic.AuthenticationError, lambda: nobody.messages.batches.list()).body["error"]["type"] == \
        "authentication_error"
    raises(anthropic.NotFoundError, lambda: api.retrieve("msgbatch_never"))
    raises(anthropic.NotFoundError, lambda: api.retrieve("batch_never"))


if __name__ == "__main__":
    facts = json.load(sys.stdin)
    globals()[facts["flow"]](User(facts, "key"), User(facts, "stranger"))
