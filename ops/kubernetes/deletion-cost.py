#!/usr/bin/env python3
"""Tells Kubernetes which worker is cheapest to lose: the one with the fewest calls.

When there are to be fewer pods, a ReplicaSet deletes those first whose annotation
controller.kubernetes.io/pod-deletion-cost is lowest. This asks Penstock for its workers (GET /v1/admin/fleet) and
writes each one's `slots_in_use` there. The host of a worker is its pod's name; workers elsewhere have no pod here, and
pods that Penstock does not know keep what they have.

Runs in the cluster with a service account that may list and patch pods.
"""

import argparse
import http.client
import json
import os
import pathlib
import signal
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ANNOTATION = "controller.kubernetes.io/pod-deletion-cost"
SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
SELECTOR = "app.kubernetes.io/part-of=penstock,app.kubernetes.io/component=worker"
TIMEOUT_SECONDS = 10


class Trouble(Exception):
    """What went wrong, in one line."""


class NotFound(Trouble):
    pass


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A bearer token goes to whom it was meant for, and to nobody that they name."""

    def redirect_request(self, *_):
        return None


class Server:
    """An HTTP API with JSON and a bearer token. The token is read each time: both kinds are renewed now and then."""

    def __init__(self, name, address, token_file, ca_file=None):
        self.name, self.address, self.token_file = name, address.rstrip("/"), token_file
        context = ssl.create_default_context(cafile=ca_file)
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context), NoRedirect)

    def get(self, path, take):
        """What `take` finds in its answer."""
        try:
            return take(self.call("GET", path))
        except (KeyError, TypeError, AttributeError) as error:
            raise Trouble(f"{self.described('GET', path)}: an answer of another form than expected") from error

    def call(self, method, path, body=None, content_type=None):
        """What it answers, as JSON."""
        headers = {"Authorization": f"Bearer {read(self.token_file)}", "Accept": "application/json"}
        if body is not None:
            body, headers["Content-Type"] = json.dumps(body).encode(), content_type
        request = urllib.request.Request(self.address + path, body, headers, method=method)
        what = self.described(method, path)
        try:
            with self.opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            kind = NotFound if error.code == 404 else Trouble
            raise kind(f"{what}: status {error.code}") from error
        except urllib.error.URLError as error:
            raise Trouble(f"{what}: {error.reason}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Trouble(f"{what}: {error or type(error).__name__}") from error

    def described(self, method, path):
        return f"{self.name} at {self.address}: {method} {path.partition('?')[0]}"


def read(path):
    try:
        return pathlib.Path(path).read_text().strip()
    except OSError as error:
        raise Trouble(f"{path}: {error.strerror}") from error


def workers(answer):
    """Name of a pod → slots in use by the worker in it, and slots that it has. A container that was restarted has the
    name of the one before: the newer counts."""
    return {each["host"]: (int(each["slots_in_use"]), int(each["slots"]))
            for each in sorted(answer["workers"], key=lambda worker: worker["since"])}


def known_costs(answer):
    """Name of a pod → its cost as it stands there; None where there is none, or no number. Without those on their way
    out, for which it is too late."""
    found = {}
    for pod in (each["metadata"] for each in answer["items"]):
        text = (pod.get("annotations") or {}).get(ANNOTATION, "")
        if "deletionTimestamp" not in pod:
            found[pod["name"]] = int(text) if text.isdigit() else None
    return found


def worth_writing(known, in_use, slots):
    """Each write is a change of the pod that the whole cluster is told of. So a busy worker's cost is written when it
    has moved by a twentieth of the slots; between idle and busy, always."""
    if known is None or known == in_use:
        return known is None
    return 0 in (known, in_use) or abs(in_use - known) * 20 >= slots


def update(penstock, kubernetes, pods, selector):
    """One round; how many pods were written."""
    fleet, written = penstock.get("/v1/admin/fleet", workers), 0
    listed = kubernetes.get(f"{pods}?{urllib.parse.urlencode({'labelSelector': selector})}", known_costs)
    for name, known in listed.items():
        if name not in fleet or not worth_writing(known, *fleet[name]):
            continue
        change = {"metadata": {"annotations": {ANNOTATION: str(fleet[name][0])}}}
        try:
            kubernetes.call("PATCH", f"{pods}/{urllib.parse.quote(name)}", change, "application/merge-patch+json")
            written += 1
        except NotFound:
            pass  # It has gone since it was listed.
    return written


def in_cluster():
    """Where Kubernetes says that its API is."""
    host = os.environ.get("KUBERNETES_SERVICE_HOST", "kubernetes.default.svc")
    return f"https://{f'[{host}]' if ':' in host else host}:{os.environ.get('KUBERNETES_SERVICE_PORT', '443')}"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--penstock", required=True, metavar="URL", help="the intake")
    parser.add_argument("--key-file", required=True, help="holds an admin key of Penstock")
    parser.add_argument("--selector", default=SELECTOR, help="labels of the workers' pods (default %(default)s)")
    parser.add_argument("--interval", type=float, default=5, metavar="SECONDS", help="between two rounds (default 5)")
    parser.add_argument("--once", action="store_true", help="one round; exit code 1 when it fails")
    parser.add_argument("--kubernetes", default=in_cluster(), metavar="URL", help="its API (default: this cluster's)")
    parser.add_argument("--service-account", type=pathlib.Path, default=SERVICE_ACCOUNT, metavar="FOLDER",
                        help="with token, namespace and ca.crt (default %(default)s)")
    return parser.parse_args()


def say(line):
    print(f"deletion-cost: {line}", file=sys.stderr, flush=True)


def main():
    options = arguments()
    # The first process of a container has no default for it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    account = pathlib.Path(options.service_account)
    authority = account / "ca.crt"
    penstock = Server("Penstock", options.penstock, options.key_file)
    kubernetes = Server("Kubernetes", options.kubernetes, account / "token", authority if authority.exists() else None)
    trouble = None
    while True:
        before = trouble
        try:
            pods = f"/api/v1/namespaces/{read(account / 'namespace')}/pods"
            written, trouble = update(penstock, kubernetes, pods, options.selector), None
        except Trouble as error:
            trouble = str(error)
        if options.once:
            say(trouble or f"{written} written")
            sys.exit(1 if trouble else 0)
        # What goes on is said once. Costs stay as they were meanwhile.
        if trouble != before:
            say(trouble or "all is well again")
        time.sleep(options.interval)


if __name__ == "__main__":
    main()
