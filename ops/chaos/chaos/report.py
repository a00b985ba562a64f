"""What a scenario saw: figures, and bars that hold or do not."""

import time


class Report:
    def __init__(self):
        self.figures, self.bars, self.began = {}, {}, time.monotonic()

    def note(self, **figures):
        self.figures.update(figures)

    def add(self, name, amount=1):
        self.figures[name] = self.figures.get(name, 0) + amount

    def equals(self, name, seen, wanted=0):
        self.bars[name] = {"seen": seen, "bar": f"= {wanted}", "holds": seen == wanted}

    def at_most(self, name, seen, most):
        """`seen` None means that there was nothing to measure, which is no success."""
        self.bars[name] = {"seen": seen, "bar": f"<= {most}", "holds": seen is not None and seen <= most}

    def at_least(self, name, seen, least):
        self.bars[name] = {"seen": seen, "bar": f">= {least}", "holds": seen is not None and seen >= least}

    @property
    def holds(self):
        return bool(self.bars) and all(bar["holds"] for bar in self.bars.values())

    def line(self, **head):
        seconds = round(time.monotonic() - self.began, 1)
        return {**head, "seconds": seconds, **self.figures, "bars": self.bars, "holds": self.holds}


def percentile(values, share):
    """The value that `share` of them do not exceed; None of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
