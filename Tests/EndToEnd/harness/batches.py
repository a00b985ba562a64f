"""Batch files, batches and what came of them."""

import json
import uuid

from .processes import eventually

CHAT = "/v1/chat/completions"
TERMINAL = {"completed", "failed", "expired", "cancelled"}


def chat(prompt, model="gpt-4o-mini", **more):
    """A chat request. No two are alike, so that the simulator's counts per body are counts per request."""
    return {"model": model, "max_tokens": 16, "messages": [{"role": "user", "content": f"{prompt} ({uuid.uuid4()})"}], **more}


def line(custom_id, body, url=CHAT, method="POST"):
    return json.dumps({"custom_id": custom_id, "method": method, "url": url, "body": body}, ensure_ascii=False)


def chat_lines(count, prompt="Say hello.", **body):
    return [line(f"line-{number:05}", chat(prompt, **body)) for number in range(1, count + 1)]


def upload(tenant, lines, name="requests.jsonl"):
    content = lines if isinstance(lines, bytes) else ("\n".join(lines) + "\n").encode()
    return tenant.sdk.files.create(file=(name, content), purpose="batch")


def create(tenant, lines, endpoint=CHAT, window="24h", **options):
    file = upload(tenant, lines)
    return tenant.sdk.batches.create(
        input_file_id=file.id, endpoint=endpoint, completion_window=window, **options)


def is_sane(batch):
    """What holds for a batch at any moment."""
    counts = batch.request_counts
    assert counts.completed + counts.failed <= counts.total, batch
    assert batch.output_file_id != "" and batch.error_file_id != "", batch
    return True


def wait(tenant, batch, seconds=60):
    """The batch in its terminal state."""
    def ended():
        now = tenant.sdk.batches.retrieve(batch.id)
        return now if is_sane(now) and now.status in TERMINAL else None
    return eventually(ended, f"batch {batch.id} ends", seconds, pause=0.1)


def wait_for_progress(tenant, batch, finished, seconds=60):
    """The batch once so many requests are finished."""
    def far_enough():
        now = tenant.sdk.batches.retrieve(batch.id)
        assert now.status not in TERMINAL, f"too late: {now}"
        counts = now.request_counts
        return now if is_sane(now) and counts and counts.completed + counts.failed >= finished else None
    return eventually(far_enough, f"{finished} requests of {batch.id} are finished", seconds, pause=0.02)


def read_lines(tenant, file_id):
    """The objects of an output or error file."""
    if file_id is None:
        return []
    content = tenant.sdk.files.content(file_id).read()
    assert content.endswith(b"\n") and b"\n\n" not in content, content[-200:]
    return [json.loads(each) for each in content.decode().split("\n")[:-1]]


def results(tenant, batch):
    """The lines of the output file and of the error file."""
    return read_lines(tenant, batch.output_file_id), read_lines(tenant, batch.error_file_id)


def assert_each_once(tenant, batch, lines):
    """Every custom_id has exactly one line over both files; returns both files."""
    output, errors = results(tenant, batch)
    asked = [json.loads(each)["custom_id"] for each in lines]
    answered = [each["custom_id"] for each in output + errors]
    assert sorted(answered) == sorted(asked)
    assert len({each["id"] for each in output + errors}) == len(asked)
    assert (batch.request_counts.total, batch.request_counts.completed, batch.request_counts.failed) == (
        len(asked), len(output), len(errors))
    return output, errors
