"""Sensors without a FIFO: one record a period, each channel asked in turn."""

from ..compat import const, micropython

_CHUNK = const(8)  # records a call: what lies around a record, ring and loop, costs as much as the record


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

    @micropython.native
    def read(self, values, seconds, millis, seqs, start, n):
        """Waits for each period's tick and reads up to ``n`` records, at most 8, from index ``start`` on."""
        self._values = values
        self._seconds = seconds
        self._millis = millis
        if n > _CHUNK:
            n = _CHUNK
        end = start + n
        while start < end:
            seqs[start] = -1
            self._ask(start)
            start += 1
        return n

    def status(self, out, newest):
        """The fields as they are now."""
        self._hal.status(self._names, out)

    @micropython.native
    def _ask(self, start):
        self._wait()
        self._stamp(self._seconds, self._millis, start)
        readers = self._readers
        at = start * len(readers)
        c = 0
        while c < len(readers):
            self._values[at + c] = readers[c].count()
            c += 1
