"""Sensors without a FIFO: one record a period, each channel asked in turn."""


class Polled:
    """Source of records from ``readers``, one per channel, each with ``count() -> int16``.

    The clock of ``hal`` gives the pace and the stamp, its ``status`` the fields of those ``names``.
    """

    def __init__(self, readers, hal, period_ms, names=()):
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
        """The fields as they are now."""
        self._hal.status(self._names, out)

    def _ask(self, start):
        self._stamp(self._seconds, self._millis, start)
        readers = self._readers
        at = start * len(readers)
        c = 0
        while c < len(readers):
            self._values[at + c] = readers[c].count()
            c += 1
