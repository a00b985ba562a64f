"""The official OpenAI and Anthropic SDKs, unmodified: the newest, and the oldest that are still common."""

import json
import pathlib
import subprocess
import sys

import pytest

from harness.settings import ANTHROPIC, NARROW

ROOT = pathlib.Path(__file__).parents[2]
PYTHONS = {"newest": sys.executable, "oldest": ROOT / ".penstock/venv-oldest/bin/python"}
FLOWS = ["openai_batches", "openai_responses", "anthropic_batches", "anthropic_lists", "anthropic_cancel",
         "anthropic_refusals"]


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("sdks", PYTHONS)
def test_flow(stack, tenant, other_tenant, sdks, flow):
    facts = {"url": stack.url, "key": tenant.key, "stranger": other_tenant.key, "flow": flow, "model": "gpt-4o-mini",
             "claude": ANTHROPIC[0], "slow": NARROW[10]}
    ran = subprocess.run([PYTHONS[sdks], ROOT / "Tests/EndToEnd/sdk_flows.py"], input=json.dumps(facts),
                         capture_output=True, text=True, timeout=180)
    assert ran.returncode == 0, ran.stderr[-4000:]
