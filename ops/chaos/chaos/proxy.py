"""A TCP proxy that can look at what passes, hold it back, or cut everybody off."""

import socket
import threading

CHUNK = 1 << 16


class Proxy:
    """In front of a port of this machine. `look(connection, data)` sees what clients send before it passes: False holds
    this and everything after it on that connection back for good."""

    def __init__(self, target_port, look=None):
        self.target_port, self.look, self.lock = target_port, look, threading.Lock()
        self.connections, self.server = set(), socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port, self.is_cut = self.server.getsockname()[1], False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, address = self.server.accept()
            except OSError:
                return
            if self.is_cut:
                client.close()
            else:
                threading.Thread(target=self.begin, args=[client, address[1]], daemon=True).start()

    def begin(self, client, client_port):
        try:
            server = socket.create_connection(("127.0.0.1", self.target_port))
        except OSError:
            client.close()
            return
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(self, client, server, client_port)
        with self.lock:
            self.connections.add(connection)
        threading.Thread(target=connection.forward, daemon=True).start()
        connection.back()

    def cut(self):
        """Nobody gets through any more, also those who are."""
        self.is_cut = True
        self.drop()

    def mend(self):
        self.is_cut = False

    def drop(self):
        with self.lock:
            present, self.connections = self.connections, set()
        for connection in present:
            connection.close()

    def stop(self):
        self.server.close()
        self.drop()


class Connection:
    def __init__(self, proxy, client, server, client_port):
        self.proxy, self.client, self.server, self.client_port = proxy, client, server, client_port
        self.is_held = False

    def forward(self):
        self.pump(self.client, self.server, self.passes)

    def back(self):
        self.pump(self.server, self.client, lambda data: True)

    def passes(self, data):
        if not self.is_held and self.proxy.look and self.proxy.look(self, data) is False:
            self.is_held = True
        return not self.is_held

    def pump(self, source, sink, passes):
        try:
            while data := source.recv(CHUNK):
                if passes(data):
                    sink.sendall(data)
        except OSError:
            pass  # One end is gone, which ends both.
        self.close()

    def close(self):
        for each in (self.client, self.server):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It was closed already.
            each.close()
        with self.proxy.lock:
            self.proxy.connections.discard(self)
