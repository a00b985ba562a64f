"""The sections of ops/quickstart.md, run as they stand on the page."""

import os
import re
import subprocess
import sys

import pytest

from harness.processes import BIN, ROOT

PAGE = (ROOT / "ops/quickstart.md").read_text()
SECTIONS = {title: re.findall(r"```(python|sh)\n(.*?)```", text, re.S)
            for title, text in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.S | re.M)}


def run(stack, tenant, folder, language, code):
    environment = {**os.environ, "PENSTOCK_URL": stack.url, "PENSTOCK_API_KEY": tenant.key, "NO_COLOR": "1",
                   "PATH": f"{BIN}:{os.environ['PATH']}"}
    interpreter = [sys.executable, "-c"] if language == "python" else ["bash", "-euo", "pipefail", "-c"]
    done = subprocess.run([*interpreter, code], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("title, expected", [
    ("The OpenAI SDK", ["Bergen →", "Valparaíso →", "Wellington →", "total_tokens="]),
    ("curl", ['"state":"succeeded"', '"object":"list"', '"key":"chat"']),
    ("The command line", ["gpt-4o-mini", "completed"]),
    ("Webhooks", ["batch.completed batch_test_", "the test was answered with 204", "job.succeeded job_"]),
])
def test_section(stack, tenant, tmp_path, title, expected):
    assert SECTIONS[title], f"the page has no code under {title}"
    output = "".join(run(stack, tenant, tmp_path, language, code) for language, code in SECTIONS[title])
    for text in expected:
        assert text in output, output
