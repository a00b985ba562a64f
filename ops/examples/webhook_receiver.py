#!/usr/bin/env python3
"""Receives webhooks of Penstock and verifies them with the OpenAI SDK (pip install openai).

    webhook_receiver.py --register http://127.0.0.1:8080 --api-key-file .penstock/acme.key

listens on a port of its own, registers itself as an endpoint, and prints every event; Ctrl-C or SIGTERM deletes
the endpoint again. Penstock must be allowed to call this machine: webhooks.allow_http and webhooks.allow_private_addresses, as the
demo of ops/run is. In production the receiver is at an https:// address, registered once, and its secret is kept in
OPENAI_WEBHOOK_SECRET:

    OPENAI_WEBHOOK_SECRET=whsec_… webhook_receiver.py --port 8000

The same with another library (pip install standardwebhooks, of which there is one for most languages):

    event = standardwebhooks.Webhook(secret).verify(body, headers)

Three things every receiver owes: verify the very bytes that came, keep the event, then answer 2xx, then work (what was
answered never comes again), and expect the same `webhook-id` again, because what is not answered in time is sent again.
"""

import argparse
import http.server
import os
import pathlib
import signal
import sys

import openai

EVENT_TYPES = ["batch.completed", "batch.failed", "batch.expired", "batch.cancelled",
               "job.succeeded", "job.failed", "job.expired", "job.cancelled"]
LARGEST_BODY = 20_000


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    client = secret = None
    seen = set()  # in production: a table with the ids of some days

    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        if length > LARGEST_BODY:
            return self.answer(413)
        body = self.rfile.read(length)
        try:
            event = self.client.webhooks.unwrap(body, self.headers, secret=self.secret)
        except (openai.InvalidWebhookSignatureError, ValueError) as error:
            print(f"refused: {error}", file=sys.stderr, flush=True)
            return self.answer(400)
        delivery = self.headers["webhook-id"]
        if delivery not in self.seen:
            self.seen.add(delivery)
            print(f"{event.type}  {event.data.id}  ({delivery})", flush=True)
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        if status == 413:
            self.send_header("connection", "close")
        self.end_headers()

    def log_message(self, *arguments):
        pass


def options():
    parser = argparse.ArgumentParser(description="Receives and verifies webhooks of Penstock.")
    parser.add_argument("--port", type=int, default=0, help="where to listen; any free port by default")
    parser.add_argument("--register", metavar="URL", help="a Penstock to register at, for as long as this runs")
    parser.add_argument("--api-key-file", type=pathlib.Path, help="the key to register with; else PENSTOCK_API_KEY")
    return parser.parse_args()


def main():
    chosen = options()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", chosen.port), Receiver)
    url = f"http://127.0.0.1:{server.server_port}/"
    key = chosen.api_key_file.read_text().strip() if chosen.api_key_file else os.environ.get("PENSTOCK_API_KEY", "none")
    Receiver.client = openai.OpenAI(base_url=f"{chosen.register or 'http://127.0.0.1'}/v1", api_key=key)
    endpoint = None
    if chosen.register:
        endpoint = Receiver.client.webhooks.create(name="webhook_receiver.py", url=url, event_types=EVENT_TYPES)
        Receiver.secret = endpoint.signing_secret
    else:
        Receiver.secret = os.environ.get("OPENAI_WEBHOOK_SECRET") or sys.exit(
            "Set OPENAI_WEBHOOK_SECRET, or let --register make an endpoint.")
    for end in signal.SIGINT, signal.SIGTERM:
        signal.signal(end, lambda *_: sys.exit())
    print(f"listening at {url}", flush=True)
    try:
        server.serve_forever()
    finally:
        if endpoint:
            Receiver.client.webhooks.delete(endpoint.id)


if __name__ == "__main__":
    main()
