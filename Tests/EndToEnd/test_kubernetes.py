"""What runs on Kubernetes: the check of the manifests finds what is broken, and pods cost what their workers do."""

import http.server
import json
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import urllib.parse

import pytest
import yaml

from harness.processes import eventually, free_port
from harness.tls import Authority

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "ops/kubernetes"
ANNOTATION = "controller.kubernetes.io/pod-deletion-cost"
PODS = "/api/v1/namespaces/penstock/pods"


def pod(name, cost=None, **more):
    return {"metadata": {"name": name, **({"annotations": {ANNOTATION: cost}} if cost is not None else {}), **more}}


def worker(host, slots_in_use, since=1764565200, state="ready"):
    return {"id": f"worker@{host}:1:ab12cd34", "set": "*", "host": host, "pid": 1, "state": state, "slots": 250,
            "slots_in_use": slots_in_use, "cpu": 0.31, "since": since}


class Servers:
    """Kubernetes' API and Penstock's, in one. Remembers each request; tests change what it answers."""

    def __init__(self, certificate=None):
        self.pods, self.workers, self.status, self.requests = [], [], {}, []
        servers = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                servers.answer(self)

            do_PATCH = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.server.server_address[1]}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, request):
        path, _, query = request.path.partition("?")
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        self.requests.append({
            "method": request.command, "path": path, "query": urllib.parse.parse_qs(query), "body": body,
            "type": request.headers.get("Content-Type"), "authorization": request.headers.get("Authorization")})
        answers = {PODS: {"kind": "PodList", "items": self.pods},
                   "/v1/admin/fleet": {"object": "fleet", "sets": [], "workers": self.workers, "fleets": []}}
        content = json.dumps(answers.get(path, {})).encode()
        request.send_response(self.status.get(path, 200))
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def patches(self):
        return [each for each in self.requests if each["method"] == "PATCH"]

    def costs(self):
        """Name of a pod → the cost that was written."""
        return {each["path"].rpartition("/")[2]: json.loads(each["body"])["metadata"]["annotations"][ANNOTATION]
                for each in self.patches()}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def servers():
    made = Servers()
    yield made
    made.stop()


@pytest.fixture
def command(tmp_path, servers):
    """The program's command line; other options at the end replace these."""
    for name, text in [("token", "of-the-cluster\n"), ("namespace", "penstock"), ("key", "pk_admin\n")]:
        (tmp_path / name).write_text(text)
    return [sys.executable, str(FOLDER / "deletion-cost.py"), "--penstock", servers.url, "--kubernetes", servers.url,
            "--service-account", str(tmp_path), "--key-file", str(tmp_path / "key")]


def once(command, *more):
    done = subprocess.run([*command, "--once", *more], capture_output=True, text=True, timeout=30)
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and not done.stdout, done
    return done.returncode, lines[0]


def failed(command, *more):
    """What it says, in one line, when it ends with an error."""
    code, line = once(command, *more)
    assert code == 1, line
    return line


def test_each_worker_costs_its_calls(servers, command):
    servers.pods = [pod("workers-a"), pod("workers-b")]
    servers.workers = [worker("workers-a", 17), worker("workers-b", 0)]
    assert once(command) == (0, "deletion-cost: 2 written")
    fleet, listed, *patches = servers.requests
    assert (fleet["path"], fleet["authorization"]) == ("/v1/admin/fleet", "Bearer pk_admin")
    assert (listed["path"], listed["authorization"]) == (PODS, "Bearer of-the-cluster")
    assert listed["query"] == {
        "labelSelector": ["app.kubernetes.io/part-of=penstock,app.kubernetes.io/component=worker"]}
    assert [each["path"] for each in patches] == [f"{PODS}/workers-a", f"{PODS}/workers-b"]
    for patch in patches:
        assert patch["type"] == "application/merge-patch+json"
        assert patch["authorization"] == "Bearer of-the-cluster"
    assert json.loads(patches[0]["body"]) == {"metadata": {"annotations": {ANNOTATION: "17"}}}
    assert servers.costs() == {"workers-a": "17", "workers-b": "0"}


def test_what_only_one_side_knows_is_left_alone(servers, command):
    servers.pods = [pod("workers-new"), pod("workers-known")]
    servers.workers = [worker("workers-known", 3), worker("a-machine-elsewhere", 5)]
    assert once(command)[0] == 0
    assert servers.costs() == {"workers-known": "3"}


def test_pods_on_their_way_out_are_left_alone(servers, command):
    servers.pods = [pod("workers-a", deletionTimestamp="2026-12-01T05:00:00Z"), pod("workers-b")]
    servers.workers = [worker("workers-a", 17, state="draining"), worker("workers-b", 2)]
    assert once(command)[0] == 0
    assert servers.costs() == {"workers-b": "2"}


@pytest.mark.parametrize("known, now, written", [
    ("17", 17, False), ("17", 20, False), ("17", 30, True), ("17", 0, True), ("0", 1, True), ("much", 5, True)])
def test_small_changes_are_not_written(servers, command, known, now, written):
    servers.pods, servers.workers = [pod("workers-a", known)], [worker("workers-a", now)]
    assert once(command)[0] == 0
    assert servers.costs() == ({"workers-a": str(now)} if written else {})


def test_a_restarted_container_counts_with_its_new_worker(servers, command):
    servers.pods = [pod("workers-a")]
    servers.workers = [worker("workers-a", 4, since=2000), worker("workers-a", 200, since=1000)]
    assert once(command)[0] == 0
    assert servers.costs() == {"workers-a": "4"}


def test_a_pod_that_went_meanwhile_stops_nothing(servers, command):
    servers.pods = [pod("workers-a"), pod("workers-b")]
    servers.workers = [worker("workers-a", 1), worker("workers-b", 2)]
    servers.status = {f"{PODS}/workers-a": 404}
    assert once(command) == (0, "deletion-cost: 1 written")
    assert len(servers.patches()) == 2


def test_the_certificate_must_be_of_the_service_accounts_authority(servers, command, tmp_path):
    authority = Authority(tmp_path / "authority")
    cluster = Servers(authority.issue("kubernetes"))
    try:
        cluster.pods, servers.workers = [pod("workers-a")], [worker("workers-a", 7)]
        assert "CERTIFICATE_VERIFY_FAILED" in failed(command, "--kubernetes", cluster.url)
        assert not cluster.requests
        shutil.copy(authority.certificate, tmp_path / "ca.crt")
        assert once(command, "--kubernetes", cluster.url)[0] == 0
        assert cluster.costs() == {"workers-a": "7"}
    finally:
        cluster.stop()


def test_trouble_is_told_in_one_line(servers, command, tmp_path):
    nobody = f"http://127.0.0.1:{free_port()}"
    assert failed(command, "--penstock", nobody) == (
        f"deletion-cost: Penstock at {nobody}: GET /v1/admin/fleet: [Errno 111] Connection refused")
    assert f"Kubernetes at {nobody}: GET {PODS}: " in failed(command, "--kubernetes", nobody)
    assert f"{tmp_path}/none: No such file" in failed(command, "--key-file", str(tmp_path / "none"))
    servers.workers = [{"host": "workers-a"}]
    assert "another form" in failed(command)
    servers.workers, servers.pods, servers.status = [worker("workers-a", 1)], [pod("workers-a")], {PODS: 403}
    assert "status 403" in failed(command)
    servers.status = {f"{PODS}/workers-a": 403}
    assert f"PATCH {PODS}/workers-a: status 403" in failed(command)
    servers.status = {"/v1/admin/fleet": 302}
    assert "status 302" in failed(command)


def test_trouble_does_not_end_it_without_once(servers, command):
    servers.pods, servers.workers = [pod("workers-a")], [worker("workers-a", 9)]
    servers.status = {"/v1/admin/fleet": 503}
    process = subprocess.Popen([*command, "--interval", "0.05"], stderr=subprocess.PIPE, text=True)
    try:
        eventually(lambda: len(servers.requests) >= 5, "it asks again")
        assert process.poll() is None and not servers.patches()
        servers.status = {}
        eventually(lambda: servers.costs() == {"workers-a": "9"}, "it writes")
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=20)[1].splitlines()
    finally:
        process.kill()
    assert process.returncode == 0
    # Once each, however often it failed.
    assert len(said) == 2 and "status 503" in said[0] and "well again" in said[1], said


def test_the_selector_is_that_of_the_workers():
    deployment = next(yaml.safe_load_all((FOLDER / "workers.yaml").read_text()))
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    program, manifest = ((FOLDER / f"deletion-cost.{kind}").read_text() for kind in ["py", "yaml"])
    selector = re.search(r'^SELECTOR = "(.*)"', program, re.MULTILINE)[1]
    assert f"--selector={selector}" in manifest
    assert dict(pair.split("=") for pair in selector.split(",")).items() <= labels.items()


# The manifests


@pytest.fixture
def copy(tmp_path):
    return pathlib.Path(shutil.copytree(FOLDER, tmp_path / "kubernetes"))


def check(folder):
    return subprocess.run([sys.executable, str(folder / "check")], capture_output=True, text=True, timeout=120)


def test_the_manifests_are_right():
    done = check(FOLDER)
    assert done.returncode == 0, done.stderr
    assert "11 manifests" in done.stdout


# file, what stands there, what comes in its place, what is told of it
BROKEN = {
    "a field of a pod": ("workers.yaml", "periodSeconds: 5", "periodSecond: 5", "spec.template.spec.containers.0"),
    "a label of the selector": (
        "workers.yaml", "      app.kubernetes.io/name: penstock-workers\n  strategy",
        "      app.kubernetes.io/name: others\n  strategy", "spec.selector"),
    "a kind": ("deletion-cost.yaml", "kind: RoleBinding", "kind: RoleBindings", "RoleBindings"),
    "a subject in another namespace": ("deletion-cost.yaml", "namespace: penstock", "namespace: other", "subjects"),
    "a field of the ScaledObject": (
        "scaledobject.yaml", "fallback:", "fallBack:", "ScaledObject penstock-workers: spec"),
    "a field of the trigger": (
        "scaledobject.yaml", "activationThreshold:", "activationTreshold:", "spec.triggers.0.metadata"),
    "a number for a text": (
        "scaledobject.yaml", 'threshold: "1"', "threshold: 1", "spec.triggers.0.metadata.threshold"),
    "a field of the variant that is shown": (
        "scaledobject.yaml", "#:   pollingInterval", "#:   pollInterval", "ScaledObject penstock-workers-mini: spec"),
    "a query": ("scaledobject.yaml", "max(sum", "max((sum", "PromQL"),
    "a metric of the ScaledObject": (
        "scaledobject.yaml", "penstock_workers_desired", "penstock_desired", "penstock_desired is no metric"),
    "a metric of an alert": (
        "alerts.yaml", "(penstock_workers_ready)", "(penstock_workers_running)", "PenstockWorkersMissing.expr"),
    "a reason": ("alerts.yaml", 'reason="at_max"', 'reason="max"', "max is no reason"),
    "a field of an alert": ("alerts.yaml", "for: 30m", "fore: 30m", "groups.0.rules.4"),
    "a key that stands there twice": ("schedulers.yaml", "  replicas: 2", "  replicas: 2\n  replicas: 3", "twice"),
    "a file that is not there": (
        "kustomization.yaml", "files: [settings.yaml]", "files: [setting.yaml]", "there is no setting.yaml"),
    "a manifest that nobody applies": ("kustomization.yaml", "  - schedulers.yaml\n", "", "schedulers.yaml is missing"),
    "a ConfigMap that nobody makes": (
        "workers.yaml", "{name: penstock-settings}", "{name: penstock-setings}", "ConfigMap penstock-setings"),
    "a grace that is too short": (
        "workers.yaml", "GracePeriodSeconds: 360", "GracePeriodSeconds: 330", "worker.drain_seconds, 330"),
    "a drain that is too short": ("settings.yaml", "drain_seconds: 330", "drain_seconds: 300", "longest call, 300"),
    "another maximum": ("settings.yaml", "max: 64", "max: 32", "maxReplicaCount"),
    "replicas of its own": ("workers.yaml", "spec:\n  # No", "spec:\n  replicas: 3\n  # No", "spec.replicas"),
    "no series taken for zero": (
        "scaledobject.yaml", 'ignoreNullValues: "false"', 'ignoreNullValues: "true"', "spec.triggers.0"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_check_finds(copy, what):
    file, right, wrong, told = BROKEN[what]
    text = (copy / file).read_text()
    assert right in text
    (copy / file).write_text(text.replace(right, wrong, 1))
    done = check(copy)
    assert done.returncode == 1, done
    assert any(line.startswith(f"{name}: ") and told in line for line in done.stderr.splitlines()
               for name in {file, "scaledobject.yaml"}), done.stderr
    assert "Traceback" not in done.stderr


def test_a_set_per_pool_is_made_as_the_readme_says(copy):
    """Its shell commands as they stand there, for two pools."""
    script = re.search(r"```sh\n(for pool in.*?)```", (copy / "README.md").read_text(), re.DOTALL)[1]
    subprocess.run(["bash", "-euc", script], cwd=copy, check=True)
    kustomization = copy / "kustomization.yaml"
    text = kustomization.read_text().replace("  - workers.yaml\n", "").replace("  - scaledobject.yaml\n", "")
    kustomization.write_text(text.replace("resources:\n", "resources:\n" + "".join(
        f"  - {kind}-{pool}.yaml\n" for kind in ["workers", "scaledobject"] for pool in ["mini", "large"])))
    for name in ["workers.yaml", "scaledobject.yaml"]:
        (copy / name).unlink()
    done = check(copy)
    assert done.returncode == 0, done.stderr
    for pool in ["mini", "large"]:
        deployment = next(yaml.safe_load_all((copy / f"workers-{pool}.yaml").read_text()))
        scaled = next(yaml.safe_load_all((copy / f"scaledobject-{pool}.yaml").read_text()))
        assert deployment["metadata"]["name"] == scaled["spec"]["scaleTargetRef"]["name"] == f"penstock-workers-{pool}"
        assert deployment["spec"]["template"]["spec"]["containers"][0]["args"][-2:] == ["--pool", pool]
        assert f'{{pool="{pool}"}}' in scaled["spec"]["triggers"][0]["metadata"]["query"]
