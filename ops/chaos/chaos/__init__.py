"""Breaks Penstock's processes, Redis and ledger while they work, and checks from the outside that nothing was lost."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
# The stack, the ledgers' readers and the receiver of webhooks are the end-to-end tests' own.
sys.path.insert(0, str(ROOT / "Tests/EndToEnd"))
