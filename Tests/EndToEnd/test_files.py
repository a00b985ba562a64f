"""Files through the unmodified openai SDK, and uploads as other clients send them."""

import subprocess

import openai
import pytest

from harness.batches import chat_lines, upload


def test_file_object(tenant):
    lines = chat_lines(3)
    file = upload(tenant, lines, name="näme with spaces.jsonl")
    assert file.object == "file" and file.purpose == "batch" and file.status == "processed"
    assert file.bytes == len("\n".join(lines).encode()) + 1 and file.filename == "näme with spaces.jsonl"
    assert len(file.id) <= 40
    assert tenant.sdk.files.retrieve(file.id) == file
    assert tenant.sdk.files.content(file.id).read() == ("\n".join(lines) + "\n").encode()
    assert tenant.sdk.files.wait_for_processing(file.id).id == file.id


def test_list_and_paging(tenant):
    made = [upload(tenant, chat_lines(1), name=f"{n}.jsonl").id for n in range(5)]
    assert [each.id for each in tenant.sdk.files.list(order="asc", limit=2)] == made
    assert [each.id for each in tenant.sdk.files.list(order="desc", limit=2)] == made[::-1]
    assert [each.id for each in tenant.sdk.files.list(purpose="batch")] == made[::-1]
    assert tenant.sdk.files.list(purpose="batch_output").data == []
    page = tenant.sdk.files.list(order="asc", limit=3)
    assert page.has_more and [each.id for each in page.data] == made[:3]


def test_delete(tenant):
    file = upload(tenant, chat_lines(1))
    deleted = tenant.sdk.files.delete(file.id)
    assert deleted.deleted and deleted.id == file.id
    for call in [tenant.sdk.files.retrieve, tenant.sdk.files.content, tenant.sdk.files.delete]:
        with pytest.raises(openai.NotFoundError):
            call(file.id)
    assert tenant.sdk.files.list().data == []


def test_content_of_many_chunks_is_byte_identical(tenant):
    content = b"".join(f'{{"n":{n},"text":"{"x" * (n % 997)}"}}\n'.encode() for n in range(9000))
    assert len(content) > 3 << 20
    file = upload(tenant, content)
    assert file.bytes == len(content)
    assert tenant.sdk.files.content(file.id).read() == content


@pytest.mark.parametrize("name, content, status", [
    ("requests.csv", b"a,b\n", 400),
    ("empty.jsonl", b"", 400),
])
def test_bad_uploads(tenant, name, content, status):
    with pytest.raises(openai.APIStatusError) as caught:
        tenant.sdk.files.create(file=(name, content), purpose="batch")
    assert caught.value.status_code == status and caught.value.message


def test_purpose_is_required_and_known(tenant):
    for purpose in ["vision", "batch_output", ""]:
        with pytest.raises(openai.BadRequestError):
            tenant.sdk.files.create(file=("a.jsonl", b"{}\n"), purpose=purpose)


def curl(tenant, *arguments):
    return subprocess.run(
        ["curl", "-sS", "-v", "-m", "30", "-H", f"Authorization: Bearer {tenant.key}", *map(str, arguments)],
        capture_output=True, text=True, check=False)


def test_expect_100_continue_is_answered(stack, tenant, tmp_path):
    path = tmp_path / "big.jsonl"
    path.write_text("\n".join(chat_lines(5000)) + "\n")
    done = curl(tenant, "-H", "Expect: 100-continue", "--expect100-timeout", "20", "-F", "purpose=batch",
                "-F", f"file=@{path}", f"{stack.url}/v1/files")
    assert done.returncode == 0, done.stderr
    assert "HTTP/1.1 100 Continue" in done.stderr and '"object":"file"' in done.stdout.replace('": "', '":"')


def test_a_refused_body_is_not_asked_for(stack, tmp_path):
    path = tmp_path / "big.jsonl"
    path.write_text("\n".join(chat_lines(5000)) + "\n")
    done = subprocess.run(
        ["curl", "-sS", "-v", "-m", "30", "-H", "Authorization: Bearer psk_wrong", "-H", "Expect: 100-continue",
         "--expect100-timeout", "20", "-F", "purpose=batch", "-F", f"file=@{path}", f"{stack.url}/v1/files"],
        capture_output=True, text=True, check=False)
    assert "HTTP/1.1 401" in done.stderr and "100 Continue" not in done.stderr, done.stderr
