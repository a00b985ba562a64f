#!/usr/bin/env python3
"""Writes the example batches that `ops/run` submits. The same seed gives the same files.

A file's name begins with the tenant that submits it: acme-…, globex-…, initech-….
"""

import json
import pathlib
import random

from material import coding, documents, long_documents, passages, texts, tickets, tools

SEED = 20261122
CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"
FILES = [
    ("acme-ticket-classification", CHAT, tickets),
    ("acme-help-centre-embeddings", EMBEDDINGS, texts),
    ("globex-document-extraction", CHAT, documents),
    ("globex-code-assistance", CHAT, coding),
    ("globex-long-documents", CHAT, long_documents),
    ("initech-translation", CHAT, passages),
    ("initech-tool-use", CHAT, tools),
]


def lines(name, endpoint, module):
    """The lines of one batch file."""
    prefix = name.split("-", 1)[1]
    for number, body in enumerate(module.bodies(random.Random(f"{SEED} {name}")), 1):
        line = {"custom_id": f"{prefix}-{number:03}", "method": "POST", "url": endpoint, "body": body}
        yield json.dumps(line, ensure_ascii=False)


def main():
    folder, total = pathlib.Path(__file__).parent, 0
    for name, endpoint, module in FILES:
        written = list(lines(name, endpoint, module))
        (folder / f"{name}.jsonl").write_text("\n".join(written) + "\n", encoding="utf-8")
        total += len(written)
        print(f"{name}.jsonl: {len(written)} requests, {sum(map(len, written)) // 1000} KB")
    print(f"{total} requests")


if __name__ == "__main__":
    main()
