"""Commissioning: what the first windows teach a reference (reference.py says what, and how robustly).

At most 512 samples of a channel are kept, spread over the windows, and of each measure only the largest twentieth:
the quantiles that a limit is made of lie there. Once it is done the board forgets this module.
"""

from array import array

from ..compat import const
from ..layout import (
    BIN_COUNT,
    BIN_LO,
    BIN_MULT,
    BIN_SHIFT,
    CELL_MODE,
    CELL_STRIDE,
    DX_N,
    DX_SUM,
    FOLLOW,
    FOLLOW_LATE,
    HEAD,
    MISSING,
    OUTSIDE,
    REF_HEAD,
    REF_STRIDE,
    RUN,
    SHARES,
    STRIDE,
    VALID,
    VARIATION,
)

_SAMPLES = const(512)  # at most so many values of a quantity are kept


def _stopped(stats, sat, length):
    """True when a channel's window is missing, invalid or stuck: the rule by which kernels stop following."""
    return (
        (length - stats[sat + VALID]) * 8 > length
        or stats[sat + OUTSIDE] * 8 > length
        or stats[sat + RUN] >= 3 * length
    )


def _sort(x, n):
    """The first ``n`` items of an array, in place (Shell 1959): a sorted copy would be a list, eight bytes an item."""
    gap = n // 2
    while gap:
        for i in range(gap, n):
            value = x[i]
            while i >= gap and x[i - gap] > value:
                x[i] = x[i - gap]
                i -= gap
            x[i] = value
        gap //= 2


class Commissioning:
    """What is kept of the first ``windows`` windows of ``reference``. Logarithms are Q10, which int16 holds."""

    def __init__(self, reference, windows):
        self._reference = reference
        self._windows = windows
        self._seen = 0
        self._every = (windows + _SAMPLES - 1) // _SAMPLES
        room = (windows + self._every - 1) // self._every
        self._kept = 0
        self._half = 0
        self._per_window = max(1, min(_SAMPLES // room, reference.length))
        n = reference.n_channels
        self._depth = room // 20 + 1
        self._largest = array("h", bytes(2 * reference.n_cells * self._depth))
        # room for numbers out of a range, since bytes() would take as much again for a moment
        self._samples = [array("h", range(room * self._per_window)) for _ in range(n)]
        self._filled = array("h", bytes(2 * n))
        self._variation = [array("i", range(room)) for _ in range(n)]
        self._varied = array("h", bytes(2 * n))

    def take(self, ring, stats):
        """One window's samples, and its measures (the reference's ``logs``); true when it was the last one needed."""
        if self._seen % self._every == 0:
            self._keep(ring, stats)
        self._seen += 1
        if self._seen == (self._windows + 1) // 2:
            self._levels()
            if self._seen < self._windows:
                self._restart_late()
        if self._seen < self._windows:
            return False
        self._levels()
        self._limits()
        return True

    def _keep(self, ring, stats):
        ref = self._reference
        for k in range(ref.n_cells):
            self._insert(k * self._depth, ref.logs[k] >> 4)
        for c in range(ref.n_channels):
            sat = HEAD + c * STRIDE
            if not _stopped(stats, sat, ref.length):
                self._sample(c, ring)
                self._vary(c, stats[sat + DX_SUM], stats[sat + DX_N])
        self._kept += 1

    def _insert(self, first, log):
        """Into the cell's largest, which descend from ``first`` on."""
        x = self._largest
        i = first + self._depth - 1
        if log > x[i]:
            while i > first and log > x[i - 1]:
                x[i] = x[i - 1]
                i -= 1
            x[i] = log

    def _sample(self, c, ring):
        """A few samples, spread over the window, another phase each time."""
        length = self._reference.length
        first = ring.head() + self._kept * 7
        n = self._filled[c]
        for i in range(self._per_window):
            x = ring.counts[c * length + (first + i * length // self._per_window) % length]
            if x != MISSING:
                self._samples[c][n] = x
                n += 1
        self._filled[c] = n

    def _vary(self, c, total, n):
        if n:
            # Q4: the whole part first, since DX_SUM << 4 may pass 2**30
            whole = total // n
            self._variation[c][self._varied[c]] = (whole << 4) + ((total - whole * n) << 4) // n
            self._varied[c] += 1

    def _levels(self):
        """Band, shares and variation of each channel from what is kept so far."""
        ref = self._reference
        for c in range(ref.n_channels):
            x = self._samples[c]
            n = self._filled[c]
            at = REF_HEAD + c * REF_STRIDE
            if n:
                _sort(x, n)
                mid, low, high = x[n // 2], x[n // 20], x[n - 1 - n // 20]
                high = min(x[n - 1 - n // 100], high + 3 * (high - mid)) << 14
                low = max(x[n // 100], low - 3 * (mid - low)) << 14
                ref.set_band(at, low, high)
                self._shares(at, x, n)
            v = self._variation[c]
            n = self._varied[c]
            _sort(v, n)
            ref.array[at + VARIATION] = v[n // 2] if n else 0

    def _shares(self, at, x, n):
        a = self._reference.array
        bins = [0] * BIN_COUNT
        for i in range(n):
            d = max(0, min(x[i] - a[at + BIN_LO], 131071))
            bins[min(d * a[at + BIN_MULT] >> a[at + BIN_SHIFT], BIN_COUNT - 1)] += 1
        held = 0
        for i in range(BIN_COUNT):
            held += bins[i]
            a[at + SHARES + i] = ((held << 15) + n // 2) // n

    def _restart_late(self):
        """What was measured against no reference yet does not count."""
        self._half = self._kept
        for k in range(self._reference.n_cells):
            if self._reference.cells[CELL_STRIDE * k + CELL_MODE] == FOLLOW_LATE:
                for i in range(k * self._depth, (k + 1) * self._depth):
                    self._largest[i] = 0

    def _limits(self):
        ref = self._reference
        for k in range(ref.n_cells):
            mode = ref.cells[CELL_STRIDE * k + CELL_MODE]
            n = self._kept - (self._half if mode == FOLLOW_LATE else 0)
            if n and (mode == FOLLOW or mode == FOLLOW_LATE):
                # kept in Q10, a limit is Q24
                first = k * self._depth
                most = max(self._largest[first + n // 20] << 14, ref.floors[k]) + (1 << 24)
                ref.array[ref.limits + k] = max(min(self._largest[first + n // 100] << 14, most), ref.floors[k])
