"""Jobs handed in at a steady pace, many in one request, by a caller who does not give up."""

import http.client
import json
import threading
import time
import urllib.parse

from bench import MODEL

# Ten requests a second; what was missed while nobody answered is not made up for.
TICK, CATCH_UP = 0.1, 0.3


class SteadyLoad:
    """Hands in `rate` jobs per second from threads of its own until it is stopped; no two jobs are alike."""

    def __init__(self, stack, threads=3):
        self.address, self.key = urllib.parse.urlsplit(stack.url), stack.admin_key
        self.rate, self.ids, self.made, self.refused = 0, [], 0, 0
        self.lock, self.due, self.is_over, self.errors = threading.Lock(), time.monotonic(), False, []
        self.threads = [threading.Thread(target=self.guarded, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    @property
    def sent(self):
        """Jobs that were accepted."""
        return len(self.ids)

    def guarded(self):
        try:
            self.hand_in()
        except Exception as error:
            self.errors.append(repr(error))

    def hand_in(self):
        connection = None
        while not self.is_over:
            first, count, wait = self.next_tick()
            if count:
                connection = self.post(connection, first, count)
            elif wait > 0:
                time.sleep(wait)

    def next_tick(self):
        """Number of the first job of a request that is due, how many it has, and how long until another is due."""
        with self.lock:
            now = time.monotonic()
            if self.due > now or not self.rate:
                self.due = max(self.due, now)
                return 0, 0, min(TICK, max(self.due - now, TICK / 10))
            self.due = max(self.due + TICK, now - CATCH_UP)
            first, count = self.made, round(self.rate * TICK)
            self.made += count
            return first, count, 0

    def post(self, connection, first, count):
        """Asks until it is answered; the connection to go on with. The key makes that safe."""
        body = json.dumps({"jobs": [{"body": request(first + number)} for number in range(count)]}).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json",
                   "Idempotency-Key": f"load-{first}"}
        while not self.is_over:
            try:
                connection = connection or self.connect()
                connection.request("POST", "/v1/jobs/bulk", body, headers)
                reply = connection.getresponse()
                if self.accept(reply.status, reply.read()):
                    return connection
            except (OSError, http.client.HTTPException):
                connection = None
            with self.lock:
                self.refused += 1
            time.sleep(0.5)
        return connection

    def connect(self):
        return http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=30)

    def accept(self, status, content):
        """Whether all jobs of a request were taken in; where some were not, the same request is sent again."""
        assert status in (200, 429, 503), content
        entries = json.loads(content)["data"] if status == 200 else []
        codes = {each["error"]["status"] for each in entries if each["error"]}
        assert codes <= {429, 503}, content
        if codes or not entries:
            return False
        with self.lock:
            self.ids += [each["job"]["id"] for each in entries]
        return True

    def stop(self):
        self.is_over = True
        for thread in self.threads:
            thread.join(40)


def request(number):
    return {"model": MODEL, "max_tokens": 16, "messages": [{"role": "user", "content": f"request {number}"}]}
