"""What a scenario is, and what it is given."""

import dataclasses
import pathlib
import types
from collections.abc import Callable

from .report import Report


@dataclasses.dataclass
class Scenario:
    name: str
    run: Callable
    short: dict
    long: dict
    # Ledgers that it makes sense with.
    ledgers: tuple = ("sqlite", "mongodb")


@dataclasses.dataclass
class Context:
    folder: pathlib.Path
    seed: int
    ledger: str
    sizes: dict
    report: Report = dataclasses.field(default_factory=Report)

    @property
    def size(self):
        return types.SimpleNamespace(**self.sizes)
