"""The provider's side: every call that the simulator received, collected while it remembers them."""

import threading
import time

from harness.web import Web

from .watch import Watch


class Call:
    def __init__(self, entry):
        self.key, self.sequence, self.time_ms = entry["tag"], entry["sequence"], entry["time_ms"]
        self.end_ms = self.time_ms + entry["latency_ms"]
        self.status = entry["status"]
        self.tokens = entry["input_tokens"] + entry["output_tokens"]


class CallCollector:
    def __init__(self, port):
        self.web, self.calls, self.after = Web(f"http://127.0.0.1:{port}"), [], 0
        self.lock, self.watch = threading.Lock(), Watch(self.read, 0.3)

    def read(self):
        """All that is new. A gap would be a call that nobody can account for, so it is an error."""
        with self.lock:
            more = True
            while more:
                page = self.web.get(f"/simulator/calls?after={self.after}", timeout=30).json
                for entry in page["calls"]:
                    assert entry["sequence"] == len(self.calls) + 1, "the simulator forgot calls before they were read"
                    self.calls.append(Call(entry))
                self.after, more = page["last_sequence"], page["has_more"]

    def end(self):
        """Reads what is left; from here on nothing is called any more."""
        self.watch.end()
        self.read()

    def stop(self):
        self.watch.stop()

    def by_key(self):
        """Key of a job → its calls, in their order."""
        found = {}
        for call in self.calls:
            found.setdefault(call.key, []).append(call)
        return found

    def repeated(self):
        """Calls beyond the first of each job."""
        return sum(len(calls) - 1 for calls in self.by_key().values())

    def in_flight_at(self, time_ms):
        return [call for call in self.calls if call.time_ms <= time_ms < call.end_ms]


def now_ms():
    return time.time() * 1000
