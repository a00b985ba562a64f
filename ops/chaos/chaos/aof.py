"""The end of Redis' append-only file that a loss of power would take."""

import pathlib
import time

from .watch import Watch


class AppendOnlyFile:
    """Watches how the file grows, to know later what was written in the last second."""

    def __init__(self, folder):
        self.folder, self.sizes = pathlib.Path(folder), []
        self.watch = Watch(self.look, 0.01)

    @property
    def file(self):
        """The part that grows: the newest incremental file."""
        return max(self.folder.glob("appendonlydir/*.incr.aof"), key=lambda each: each.stat().st_mtime)

    def look(self):
        self.sizes.append((time.time(), self.file.stat().st_size))

    def cut(self, died, seconds):
        """Takes away what was written in the last `seconds` before `died`: (bytes, moment since which all is gone)."""
        self.watch.end()
        kept_at, kept = max((each for each in self.sizes if each[0] <= died - seconds), default=self.sizes[0])
        size = self.file.stat().st_size
        with self.file.open("r+b") as file:
            file.truncate(kept)
        return size - kept, kept_at
