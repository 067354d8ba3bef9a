"""The ring: the last ``length`` slots of a stream, and when a window of them is due."""

from array import array

from ..kernels import ring as kernel
from ..layout import (
    RING_CHANNELS,
    RING_DUE,
    RING_FIRST,
    RING_HEAD,
    RING_HOP,
    RING_LAST_MS,
    RING_LAST_S,
    RING_LAST_SEQ,
    RING_LENGTH,
    RING_MISSED,
    RING_NEED,
    RING_PENDING,
    RING_PERIOD,
    RING_PERIOD_S,
    RING_SCALE,
    RING_SIZE,
    RING_STARTED,
)


class Ring:
    """Slots of int16 counts, lateness (Q15 of a period) and flags, filled in the order records come.

    Each record takes the next slot. A step of 1.5 periods or more first puts in round(dt / period) - 1
    absent slots; when that is more than ``length``, the open window is closed with absent slots, the rest
    of the gap is counted in ``missed()``, and filling starts afresh. A window is due when ``length`` slots
    are there, and then after every ``hop``.

    ``counts`` is int16[(n_channels + 2) * length]: each channel's slots, then lateness, then flags; slot
    ``head()`` is the oldest of a window that is due.
    """

    def __init__(self, plan):
        self.length = plan["length"]
        self.hop = plan["hop"]
        self.n_channels = len(plan["channels"])
        period = plan["period_ms"]
        scale = 0
        while period >> scale > 32767:
            scale += 1
        self.counts = array("h", bytes(2 * (self.n_channels + 2) * self.length))
        self._last = array("h", bytes(2 * self.n_channels))
        self._state = array("i", [0] * RING_SIZE)
        state = self._state
        state[RING_NEED] = self.length
        state[RING_FIRST] = 1
        state[RING_PENDING] = -1
        state[RING_LAST_SEQ] = -1
        state[RING_LENGTH] = self.length
        state[RING_HOP] = self.hop
        state[RING_CHANNELS] = self.n_channels
        state[RING_PERIOD] = period
        state[RING_SCALE] = scale
        state[RING_PERIOD_S] = max(1, (period + 500) // 1000)

    def fill(self, values, seconds, millis, seqs, start, n):
        """Takes records until a window is due; returns how many. Ask ``due()`` after each call.

        values: int16[records * n_channels], record by record; seconds: int32 since 2020; millis: int16;
        seqs: int32, negative where there is none.
        """
        return kernel.fill(self._state, self.counts, self._last, values, seconds, millis, seqs, start, n)

    def due(self):
        return self._state[RING_DUE]

    def need(self):
        """Slots until the next window is due."""
        return self._state[RING_NEED]

    def head(self):
        return self._state[RING_HEAD]

    def first(self):
        """True once for the first window after a fresh start: no run reaches into it from before."""
        first = self._state[RING_FIRST]
        self._state[RING_FIRST] = 0
        return first

    def seconds(self):
        """Time of the newest record, int32 seconds since 2020."""
        return self._state[RING_LAST_S]

    def millis(self):
        return self._state[RING_LAST_MS]

    def pace(self, hop):
        """At a window's end: the next is due in ``hop`` slots, at most ``length``. ``hop`` stays the plan's."""
        self._state[RING_HOP] = self._state[RING_NEED] = hop

    def parts(self):
        """All that it holds: arrays."""
        return [self.counts, self._last, self._state]

    def forget_time(self):
        """The clock was set: the next record is not compared with the one before it."""
        self._state[RING_STARTED] = 0

    def missed(self):
        """Records of long gaps that no window holds; saturates at 2**29 - 1."""
        return self._state[RING_MISSED]
