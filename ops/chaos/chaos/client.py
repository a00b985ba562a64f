"""A caller of the public API who does not give up: what a careful user's program does about restarts and refusals."""

import http.client
import json
import random
import threading
import time
import urllib.parse

from harness.web import Reply


class GaveUp(Exception):
    """A request that was not answered as wanted within its time."""


class Client:
    """Repeats a request until it is answered with one of the wanted codes, at the next address after each failure.

    Repeating is safe as long as what it creates has an idempotency key."""

    def __init__(self, urls, key):
        self.urls, self.key, self.connections = list(urls), key, threading.local()
        self.lock, self.refusals, self.broken = threading.Lock(), {}, 0

    def request(self, method, path, body=None, headers=None, wanted=(200, 202), seconds=240):
        """Several threads may ask at once; each has connections of its own."""
        deadline, turn = time.monotonic() + seconds, 0
        while True:
            url = self.urls[turn % len(self.urls)]
            try:
                reply = self.ask(url, method, path, body, headers or {})
                if reply.status in wanted:
                    return reply
                wait, seen = self.refused(reply), repr(reply)
            except (OSError, http.client.HTTPException) as error:
                self.forget(url)
                with self.lock:
                    self.broken += 1
                wait, seen = 0.05 + random.random() * 0.2, repr(error)
            turn += 1
            if time.monotonic() + wait > deadline:
                raise GaveUp(f"{method} {path}: {seen}")
            time.sleep(wait)

    def ask(self, url, method, path, body, headers):
        """One request, whatever comes of it."""
        connection = self.connection(url)
        headers = {"Authorization": f"Bearer {self.key}", **headers}
        if body is not None and not isinstance(body, bytes):
            body, headers = json.dumps(body).encode(), {"Content-Type": "application/json", **headers}
        connection.request(method, path, body=body, headers=headers)
        reply = Reply(connection.getresponse())
        if reply.headers.get("connection", "").lower() == "close":
            self.forget(url)
        return reply

    def refused(self, reply):
        """Counts a refusal; how long to wait. Anything but 'later' is an error of the driver or of Penstock."""
        if reply.status not in (429, 500, 502, 503, 504):
            raise GaveUp(repr(reply))
        with self.lock:
            kind = f"{reply.status} {reply.error['code']}"
            self.refusals[kind] = self.refusals.get(kind, 0) + 1
        return min(float(reply.headers.get("retry-after", 0.2)), 1.0) * (0.5 + random.random() / 2)

    def connection(self, url):
        mine = self.connections.__dict__
        if url not in mine:
            parts = urllib.parse.urlsplit(url)
            mine[url] = http.client.HTTPConnection(parts.hostname, parts.port, timeout=75)
        return mine[url]

    def forget(self, url):
        connection = self.connections.__dict__.pop(url, None)
        if connection:
            connection.close()
