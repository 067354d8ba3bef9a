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
        self._tick = hal.clock.tick
        hal.clock.every(period_ms)

    @micropython.native
    def read(self, values, seconds, millis, seqs, start, n):
        """Waits for each period's tick and reads up to ``n`` records, at most 8, from index ``start`` on."""
        if n > _CHUNK:
            n = _CHUNK
        readers = self._readers
        tick = self._tick
        channels = len(readers)
        at = start * channels
        end = start + n
        while start < end:
            tick(seconds, millis, start)
            c = 0
            while c < channels:
                values[at] = readers[c].count()
                at += 1
                c += 1
            seqs[start] = -1
            start += 1
        return n

    def status(self, out, newest):
        """The fields as they are now."""
        self._hal.status(self._names, out)
