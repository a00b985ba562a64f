"""A whole Penstock on free ports: Redis, settings, keys, and `penstockd up`."""

import itertools
import json
import os
import pathlib
import signal
import subprocess

from openai import OpenAI

from .ledgers import KINDS
from .processes import BIN, Process, arguments_of, children, eventually, free_operations_port, free_port
from .redis_server import RedisServer
from .settings import merged, settings
from .web import Web

OFFSETS = {"intake": 0, "scheduler": 10, "worker": 20, "courier": 91}
# The operations port of a fleet itself.
FLEET = 1


class Stack:
    # Of stacks that do not say; the option --ledger.
    ledger_kind = "sqlite"

    def __init__(self, folder, redis_settings=None, redis_class=RedisServer, ledger_kind=None, **changes):
        """`changes` are laid over the settings of the tests."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.redis = redis_class(self.folder / "redis", **(redis_settings or {}))
        self.ledger = KINDS[ledger_kind or self.ledger_kind](self.folder)
        self.port, self.simulator_port, self.operations_port = free_port(), free_port(), free_operations_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = merged(
            settings(self.redis.settings(), self.ledger.url, self.port, self.operations_port, self.simulator_port),
            changes)
        self.settings_file = self.folder / "settings.yaml"
        self.settings_file.write_text(json.dumps(self.settings, indent=2))
        self.supervisor, self.numbers, self.others = None, itertools.count(1), []
        self.admin_key = self.make_key("operator", "--admin")

    def changed(self, name="changed.yaml", **changes):
        """A settings file like the stack's own with `changes` laid over it."""
        file = self.folder / name
        file.write_text(json.dumps(merged(self.settings, changes), indent=2))
        return file

    # Programs

    def penstockd(self, *arguments, check=True):
        """Runs penstockd to its end."""
        return subprocess.run([BIN / "penstockd", *map(str, arguments)], capture_output=True, text=True, check=check,
                              timeout=60)

    def make_key(self, tenant, *options):
        """A key written straight into the ledger, as the first one has to be."""
        done = self.penstockd("keys", "create", "--settings", self.settings_file, "--tenant", tenant, "--name", "test",
                              *options)
        assert done.stdout.startswith("psk_"), done
        return done.stdout.strip()

    def up(self):
        self.supervisor = Process([BIN / "penstockd", "up", "--settings", self.settings_file], self.folder / "up.log")
        self.wait_until_ready()
        return self

    def start(self, role, settings_file=None, program=BIN / "penstockd", environment=None, arguments=(), **options):
        """One more process of a role, beside those of the supervisor; intake gets a port of its own.

        Returns the process and its address."""
        port, operations = free_port(), free_port()
        number = len(self.others)
        process = Process([program, role, "--settings", settings_file or self.settings_file, *arguments],
                          self.folder / f"{role}-other-{number}.log",
                          {"PENSTOCK_INTAKE_PORT": str(port), "PENSTOCK_OPERATIONS_PORT": str(operations),
                           **(environment or {})}, **options)
        self.others.append(process)
        eventually(lambda: answers(process, operations), f"another {role} is ready", seconds=60)
        return process, f"http://127.0.0.1:{port}"

    def start_fleet(self, settings_file=None):
        """Workers on one more machine, which is this one too: the process, and the first of its operations ports."""
        operations = free_operations_port()
        process = Process([BIN / "penstockd", "fleet", "--settings", settings_file or self.settings_file],
                          self.folder / f"fleet-other-{len(self.others)}.log",
                          {"PENSTOCK_OPERATIONS_PORT": str(operations)})
        self.others.append(process)
        eventually(lambda: answers(process, operations + FLEET), "another fleet is ready", seconds=60)
        return process, operations

    def wait_until_ready(self):
        for role in OFFSETS:
            if role == "worker" and not self.settings["worker"]["min"]:
                continue  # there is none before the first job
            eventually(lambda: self.is_ready(role), f"{role} is ready", seconds=60)
        eventually(lambda: self.simulator_answers, "the simulator answers", seconds=60)

    def is_ready(self, role):
        if self.supervisor:
            assert self.supervisor.is_running, f"penstockd ended:\n{self.supervisor.tail()}"
        try:
            web = Web(f"http://127.0.0.1:{self.operations_port + OFFSETS[role]}")
            return web.get("/readyz", timeout=5).status == 200
        except OSError:
            return False

    @property
    def simulator_answers(self):
        try:
            return self.statistics() is not None
        except OSError:
            return False

    def stop(self):
        try:
            for process in self.others:
                process.stop()
            if self.supervisor:
                self.supervisor.stop()
        finally:
            self.redis.stop()
            self.ledger.stop()

    # Its processes

    def pids(self, role):
        """The living processes of a role under the supervisor."""
        return children_of(self.supervisor, role)

    def pid(self, role):
        return eventually(lambda: self.pids(role), f"{role} runs")[0]

    def kill(self, role):
        """Kills the only process of a role the hard way."""
        [pid] = self.pids(role)
        os.kill(pid, signal.SIGKILL)
        return pid

    # Its users

    @property
    def admin(self):
        return Web(self.url, self.admin_key)

    def tenant(self, name=None, weight=None, **key_options):
        """A user of a new tenant, or of the one called `name`."""
        name = name or f"tenant-{next(self.numbers)}"
        reply = self.admin.post("/v1/admin/keys", {"tenant": name, "name": "test", **key_options})
        assert reply.status == 200, reply
        if weight:
            assert self.admin.put(f"/v1/admin/tenants/{name}", {"weight": weight}).status == 200
        return Tenant(self, name, reply.json["key"])

    # What it did

    def statistics(self):
        return Web(f"http://127.0.0.1:{self.simulator_port}").get("/simulator/statistics", timeout=10).json

    def control_simulator(self, **controls):
        """Changes the simulated provider while it runs: ops/simulator.md."""
        reply = Web(f"http://127.0.0.1:{self.simulator_port}").request("PATCH", "/simulator/controls", controls)
        assert reply.status == 200, reply

    def calls(self):
        """All calls that the simulator remembers."""
        web, found, after = Web(f"http://127.0.0.1:{self.simulator_port}"), [], 0
        while True:
            page = web.get(f"/simulator/calls?after={after}").json
            found += page["calls"]
            after = page["last_sequence"]
            if not page["has_more"]:
                return found

    def calls_tagged(self, tag):
        return self.statistics()["tags"].get(tag, 0)


def children_of(supervisor, role):
    """The living processes of a role under a supervisor's process."""
    return [pid for pid in children(supervisor.pid) if role in arguments_of(pid)[1:2]]


def answers(process, port):
    """Whether a process says that it is ready."""
    assert process.is_running, process.tail()
    try:
        return Web(f"http://127.0.0.1:{port}").get("/readyz", timeout=5).status == 200
    except OSError:
        return False


class Tenant:
    """A user: one API key, the SDK, plain HTTP and the command line."""

    def __init__(self, stack, name, key, url=None):
        """`url` is another intake's, where the stack has several."""
        self.stack, self.name, self.key = stack, name, key
        self.web = Web(url or stack.url, key)
        self.sdk = OpenAI(base_url=f"{url or stack.url}/v1", api_key=key)

    def at(self, url):
        """The same user at another intake."""
        return Tenant(self.stack, self.name, self.key, url)

    def cli(self, *arguments, timeout=120, **environment):
        """Runs `penstock` to its end."""
        variables = {**os.environ, "PENSTOCK_URL": self.stack.url, "PENSTOCK_API_KEY": self.key, "NO_COLOR": "1"}
        return subprocess.run([BIN / "penstock", *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                              encoding="utf-8", env={**variables, **environment})
