"""Sensors without a FIFO: one record a period, each channel asked in turn."""

from array import array

from ..compat import const, micropython
from ..layout import COUNT_SENSORS, MISSING

_CHUNK = const(8)  # records a call: what lies around a record, ring and loop, costs as much as the record
_CHUNK_MS = const(4000)  # ... but no longer than that
_LONGEST = const(64)  # records that a sensor is left alone


class Polled:
    """Source of records from ``readers``, one per channel, each with ``count() -> int16``.

    The clock of ``hal`` gives the pace and the stamp, its ``status`` the fields of those ``names``. A sensor that
    raises is asked once more at once, then left alone for 1, 2, 4 ... records, at most a quarter of a window
    (``length``) or 64; its samples are missing meanwhile. The hardware layer says when that begins and when it ends.
    ``supply`` (supply.py) is switched on for each record, None: it always is.
    """

    def __init__(self, readers, hal, period_ms, names=(), length=_LONGEST, supply=None):
        self.readers = readers
        self.supply = supply
        self._hal = hal
        self._names = names
        self._tick = hal.clock.tick
        self._chunk = min(_CHUNK, max(_CHUNK_MS // period_ms, 1))
        self._longest = max(1, min(_LONGEST, length // 4))
        self._waits = array("h", [0] * len(readers))  # records that each is still left alone
        self._steps = array("h", [0] * len(readers))  # ... that it was last told to; 0: it is well
        self._troubled = 0
        hal.clock.every(period_ms)

    @micropython.native
    def read(self, values, seconds, millis, seqs, start, n):
        """Waits for each period's tick and reads up to ``n`` records, at most 8, from index ``start`` on."""
        if n > self._chunk:
            n = self._chunk
        tick = self._tick
        channels = len(self.readers)
        at = start * channels
        end = start + n
        supply = self.supply
        while start < end:
            if supply:
                self._warm(self._hal.clock, supply)
            tick(seconds, millis, start)
            seqs[start] = -1
            if self._troubled:
                self._ask_each(values, at)
            else:
                self._ask(values, at, channels)
            if supply:
                supply.off()
            at += channels
            start += 1
        return n

    def _warm(self, clock, supply):
        """Its time to warm up is the sensor's, even where the record is late for that."""
        clock.wait(supply.warm_up_ms)
        supply.on()
        clock.pause(supply.warm_up_ms - clock.to_tick())

    @micropython.native
    def _ask(self, values, at, channels):
        readers = self.readers
        c = 0
        try:
            while c < channels:
                values[at + c] = readers[c].count()
                c += 1
        except Exception:
            self._ask_each(values, at)

    def _ask_each(self, values, at):
        """One record while a sensor fails, or seems to."""
        c = 0
        while c < len(self.readers):
            values[at + c] = MISSING
            if self._waits[c]:
                self._waits[c] -= 1
            else:
                self._try(values, at + c, c)
            c += 1

    def _try(self, values, at, c):
        try:
            values[at] = self.readers[c].count()
        except Exception as e:
            if not self._steps[c]:
                self._troubled += 1
            self._steps[c] = self._waits[c] = min(2 * self._steps[c] or 1, self._longest)
            self._hal.counts[COUNT_SENSORS] += 1
            self._hal.trouble("channel %d" % c, e)
        else:
            if self._steps[c]:
                self._troubled -= 1
                self._steps[c] = 0
                self._hal.well("channel %d" % c)

    def status(self, out, newest):
        """The fields as they are now."""
        self._hal.status(self._names, out)
