"""Processes that end with the tests, and what the kernel knows about them."""

import os
import pathlib
import random
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
# Of the programs under test; PENSTOCK_BIN tries others.
BIN = pathlib.Path(os.environ.get("PENSTOCK_BIN", ROOT / ".build/release"))


def eventually(condition, what, seconds=30, pause=0.05):
    """Waits until `condition()` is true and returns what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(pause)


# Below the range from which the kernel gives ports to connections, so that nobody gets one while its owner restarts;
# apart from each other, so that nobody is promised a port that a role reports on.
PORTS, OPERATIONS_PORTS = range(10_000, 20_000), range(20_000, 32_000, 100)
promised = set()


def free_port():
    """One that was not given out before: its owner may not listen yet, or may be about to come back."""
    while (port := random.choice(PORTS)) in promised or not is_free(port):
        pass
    promised.add(port)
    return port


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_operations_port():
    """The first of a hundred ports; roles use the 1st, the fleet the 2nd, roles the 11th, 21st, 92nd …"""
    first = os.getpid() % len(OPERATIONS_PORTS)
    for base in [*OPERATIONS_PORTS[first:], *OPERATIONS_PORTS[:first]]:
        if all(is_free(base + offset) for offset in [0, 1, 10, *range(20, 30), 90, 91]):
            return base
    raise AssertionError("no free ports")


class Process:
    """A program that is killed with the tests, its output in a file. To be started from the main thread: the kernel
    ends it with the thread that started it."""

    def __init__(self, arguments, log, environment=None, folder=None, user=None):
        """`folder` is where it runs, `user` the number of the user that it runs as; only root may choose one."""
        self.log = pathlib.Path(log)
        with self.log.open("ab") as output:
            self.popen = subprocess.Popen(
                ["setpriv", *as_user(user), "--pdeathsig", "KILL", *map(str, arguments)], stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, env={**os.environ, **(environment or {})}, cwd=folder,
                start_new_session=True)
        self.pid = self.popen.pid

    @property
    def is_running(self):
        return self.popen.poll() is None

    def wait(self, seconds):
        """The exit code."""
        return self.popen.wait(seconds)

    def kill(self):
        self.popen.kill()
        self.popen.wait(10)

    def stop(self, seconds=40):
        if self.is_running:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"{self.log.name} did not end within {seconds} s of SIGTERM:\n{self.tail()}")

    def tail(self, lines=30):
        return "\n".join(self.log.read_text(errors="replace").split("\n")[-lines:])


def as_user(user):
    """What tells setpriv to run something as another user."""
    return [] if user is None else ["--reuid", str(user), "--regid", str(user), "--clear-groups"]


def stat_fields(pid):
    """The fields of /proc/PID/stat after the name, or None when there is no such process."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_alive(pid):
    fields = stat_fields(pid)
    return fields is not None and fields[0] not in "ZX"


def children(pid):
    """The pids of the living children of a process."""
    pids = [int(entry.name) for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit()]
    return [each for each in pids if (fields := stat_fields(each)) and fields[1] == str(pid) and fields[0] not in "ZX"]


def arguments_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except (FileNotFoundError, ProcessLookupError):
        return []


def peak_memory(pid):
    """The most bytes that were ever resident, or 0 when the process is gone."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    lines = [line.split() for line in status.split("\n") if line.startswith("VmHWM:")]
    return int(lines[0][1]) * 1024 if lines else 0
