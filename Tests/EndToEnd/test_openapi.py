"""The OpenAPI document: it describes the routes that there are, and the running server does as it says."""

import json
import re
import subprocess

from harness.processes import ROOT

DOCUMENT = ROOT / "Sources/Intake/OpenAPI/openapi.json"
CASES = 2000
# Checks that are left out, each with its reason.
EXCLUDED = [
    # Whatever the document allows may still name a file, job or model that is not there.
    "positive_data_acceptance",
]


def test_the_document_names_every_route(stack):
    served = stack.tenant().web.get("/openapi.json").json
    assert served == json.loads(DOCUMENT.read_text())
    described = {(method, path) for path, methods in served["paths"].items() for method in methods}
    sources = "".join(file.read_text() for file in (ROOT / "Sources/Intake").rglob("*.swift"))
    assert set(re.findall(r'section\.on(?:WithSlashes)?\(\.(\w+), "([^"]+)"', sources)) == described


def test_the_server_does_as_the_document_says(new_stack, tmp_path):
    stack = new_stack().up()
    operations = sum(len(methods) for methods in json.loads(DOCUMENT.read_text())["paths"].values())
    ran = subprocess.run(
        [ROOT / ".penstock/venv/bin/schemathesis", "run", f"{stack.url}/openapi.json",
         "--header", f"Authorization: Bearer {stack.admin_key}", "--max-examples", str(CASES // operations + 1),
         "--phases", "examples,coverage,fuzzing", "--seed", "1", "--request-timeout", "10", "--workers", "1",
         "--exclude-path-regex", "/events$", "--exclude-checks", ",".join(EXCLUDED), "--continue-on-failure"],
        capture_output=True, text=True, timeout=900, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    generated = int(re.search(r"(\d[\d,]*) generated", ran.stdout).group(1).replace(",", ""))
    assert generated >= CASES, generated
