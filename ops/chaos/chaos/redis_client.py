"""A few Redis commands without a library: enough of RESP to read what a queue holds."""

import socket
import threading


class RedisError(Exception):
    pass


class RedisClient:
    """One connection, made anew after each failure. Threads share it."""

    def __init__(self, port):
        self.port, self.stream, self.lock = port, None, threading.Lock()

    def call(self, *words, packed=False):
        """The reply, texts as bytes where they are `packed`."""
        with self.lock:
            try:
                return self.exchange(words, packed)
            except OSError:
                self.close()
                raise

    def exchange(self, words, packed=False):
        if self.stream is None:
            self.stream = socket.create_connection(("127.0.0.1", self.port), timeout=20).makefile("rwb")
        encoded = [str(word).encode() for word in words]
        self.stream.write(b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(each), each) for each in encoded))
        self.stream.flush()
        return self.read(packed)

    def read(self, packed=False):
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b"$":
            if rest == b"-1":
                return None
            text = self.stream.read(int(rest) + 2)[:-2]
            return text if packed else text.decode(errors="replace")
        assert kind == b"*", line
        return None if rest == b"-1" else [self.read(packed) for _ in range(int(rest))]

    def close(self):
        if self.stream:
            self.stream.close()
        self.stream = None


def pairs(flat):
    """A flat list of names and values as a dictionary."""
    return dict(zip(flat[::2], flat[1::2]))
