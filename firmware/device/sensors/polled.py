"""Sensors without a FIFO: one record a period, each channel asked in turn."""


class Polled:
    """Source of records from ``readers``, one per channel, each with ``count() -> int16``.

    ``clock`` gives the pace and the stamp; ``status(out, newest)``, where there is one, fills the status fields.
    """

    def __init__(self, readers, clock, period_ms, status=None):
        self._readers = readers
        self._hal = hal
        self._names = names
        self._stamp = hal.clock.stamp
        self._values = self._seconds = self._millis = None
        self._wait = hal.clock.wait
        hal.clock.every(period_ms)

    def read(self, values, seconds, millis, seqs, start, n):
        """Waits for the period's tick and reads one record into index ``start``."""
        self._wait()
        self._values = values
        self._seconds = seconds
        self._millis = millis
        seqs[start] = -1
        self._ask(start)
        return 1

    def status(self, out, newest):
        """The status fields as they are now."""
        if self._status:
            self._status(out, newest)

    def _ask(self, start):
        self._stamp(self._seconds, self._millis, start)
        readers = self._readers
        at = start * len(readers)
        c = 0
        while c < len(readers):
            self._values[at + c] = readers[c].count()
            c += 1
