"""A receiver of webhooks on this machine."""

import http.server
import sys
import threading


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A sender that dies in the middle is no error of the receiver's."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Receiver:
    """Answers the status that `answer(number, id)` says, and remembers; `number` counts all requests from 1."""

    def __init__(self, answer=lambda number, id: 200):
        self.received, self.lock = [], threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                with receiver.lock:
                    number = len(receiver.received) + 1
                    status = answer(number, self.headers["webhook-id"])
                    receiver.received.append(Received(dict(self.headers.items()), body, status))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def taken(self):
        """What was answered with success."""
        with self.lock:
            return [each for each in self.received if 200 <= each.status < 300]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Received:
    def __init__(self, headers, body, status):
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body, self.status = body, status

    @property
    def id(self):
        return self.headers["webhook-id"]
