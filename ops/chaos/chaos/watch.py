"""Something looked at again and again beside a scenario."""

import threading


class Watch:
    """Calls `look` every so many seconds in a thread of its own. What goes wrong there is told at the end."""

    def __init__(self, look, interval):
        self.look, self.interval, self.error, self.stopped = look, interval, None, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while not self.stopped.wait(self.interval):
                self.look()
        except Exception as error:
            self.error = error

    def stop(self):
        self.stopped.set()
        self.thread.join(30)

    def end(self):
        """Stops; a look that failed is an error of the scenario."""
        self.stop()
        if self.error:
            raise self.error
