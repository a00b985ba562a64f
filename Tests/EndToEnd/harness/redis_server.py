"""A private redis-server on a free port."""

import pathlib
import subprocess

from .processes import ROOT, Process, eventually, free_port


class RedisServer:
    def __init__(self, folder, **settings):
        """`settings` overrule ops/redis/redis.conf: appendonly="no", maxmemory_policy="allkeys-lru"."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        options = [self.port_options(), ["--dir", str(self.folder)]]
        options += [[f"--{name.replace('_', '-')}", str(value)] for name, value in settings.items()]
        self.options = [word for option in options for word in option]
        self.start()

    def start(self):
        self.process = Process(["redis-server", ROOT / "ops/redis/redis.conf", *self.options], self.folder / "redis.log")
        eventually(lambda: self.answers, "redis-server answers")

    def port_options(self):
        return ["--port", str(self.port)]

    def client_options(self):
        return []

    @property
    def answers(self):
        assert self.process.is_running, self.process.tail()
        return self.command("ping", check=False) == "PONG"

    def command(self, *words, check=True):
        done = subprocess.run(["redis-cli", "-p", str(self.port), *map(str, [*self.client_options(), *words])], capture_output=True, text=True,
                              check=check, timeout=30)
        return done.stdout.strip()

    def info(self, name):
        """One number of INFO."""
        lines = dict(line.split(":", 1) for line in self.command("info").split("\n") if ":" in line)
        return int(lines[name])

    def settings(self):
        """The settings of a stack that uses this server."""
        return {"url": self.url}

    def kill(self):
        """The hard way; `start` brings it back with what its append-only file holds."""
        self.process.kill()

    def stop(self):
        self.process.stop()
