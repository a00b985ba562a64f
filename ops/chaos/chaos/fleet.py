"""Penstock's processes as the driver runs them: each on its own, so that any of them can be broken at any moment.

To be used from the main thread only: the kernel ends a process with the thread that started it."""

import os
import signal
import time

from harness.processes import BIN, Process, children, eventually, free_operations_port, free_port
from harness.stack import FLEET, children_of
from harness.web import Web

# What runs the workers of a machine, as many as are wanted, and `up` the other roles, too.
MACHINES = ("up", "fleet")


class Member:
    """`operations_port` is where it says itself whether it is ready."""

    def __init__(self, role, process, operations_port, options):
        self.role, self.process, self.operations_port, self.options = role, process, operations_port, options
        self.is_stopped = False

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return self.process.log

    def children(self, role):
        """Of a machine: pids of the processes of a role that live there."""
        return children_of(self.process, role)

    @property
    def workers(self):
        return self.children("worker")

    @property
    def is_ready(self):
        assert self.process.is_running, f"{self.role} ended:\n{self.process.tail()}"
        try:
            return Web(f"http://127.0.0.1:{self.operations_port}").get("/readyz", timeout=5).status == 200
        except OSError:
            return False


class Fleet:
    def __init__(self, stack, before=()):
        """`before` are words in front of every program's."""
        self.before = before
        # `ended_alone`: log and exit code of those whom nobody of the driver's ended.
        self.stack, self.members, self.number, self.ended_alone = stack, [], 0, []

    def start(self, role, count=1, wait=True, settings_file=None, port=None):
        """More processes of a role; `port` is the intake's."""
        started = [self.launch(role, settings_file, port) for _ in range(count)]
        if wait:
            for member in started:
                eventually(lambda: member.is_ready, f"{role} is ready", seconds=90)
        return started

    def launch(self, role, settings_file, port):
        self.number += 1
        operations = free_operations_port() if role in MACHINES else free_port()
        environment = {"PENSTOCK_OPERATIONS_PORT": str(operations)}
        if role == "intake":
            environment["PENSTOCK_INTAKE_PORT"] = str(port or self.stack.port)
        process = Process([*self.before, BIN / "penstockd", role, "--settings", settings_file or self.stack.settings_file],
                          self.stack.folder / f"{role}-{self.number}.log", environment)
        own = operations + FLEET if role in MACHINES else operations
        member = Member(role, process, own, {"settings_file": settings_file, "port": port})
        self.members.append(member)
        return member

    def of(self, role):
        """Those that run, also when stopped by SIGSTOP."""
        return [each for each in self.members if each.role == role]

    def kill(self, member):
        member.process.kill()
        self.members.remove(member)

    def kill_all_of(self, machine):
        """The machine is gone: SIGKILL to everything on it at once."""
        for pid in [machine.pid, *children(machine.pid)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it ends with the first one
        self.kill(machine)

    def replace(self, member, wait=False):
        """A new process in the place of one that is gone."""
        return self.start(member.role, wait=wait, **member.options)[0]

    def freeze(self, member):
        member.process.popen.send_signal(signal.SIGSTOP)
        member.is_stopped = True

    def thaw(self, member):
        member.process.popen.send_signal(signal.SIGCONT)
        member.is_stopped = False

    def terminate(self, member, seconds=60):
        """SIGTERM and the orderly end; the exit code."""
        member.process.popen.send_signal(signal.SIGTERM)
        code = member.process.wait(seconds)
        self.members.remove(member)
        return code

    def mend(self):
        """Restarts what ended by itself, as a supervisor does, at most once a second each; they are counted."""
        for member in [each for each in self.members if not each.process.is_running]:
            self.members.remove(member)
            self.ended_alone.append((member.log.name, member.process.popen.returncode))
            time.sleep(0.5)
            self.start(member.role, wait=False, **member.options)

    def logs(self, role):
        return sorted(self.stack.folder.glob(f"{role}-*.log"))

    def stop(self):
        for member in self.members:
            if member.is_stopped:
                self.thaw(member)
            # Nothing is at stake any more: what matters was checked.
            member.process.kill()
