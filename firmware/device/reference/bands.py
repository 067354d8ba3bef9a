"""Bands of a site, found by commissioning: the band of each channel, its shares and its variation, from samples spread
over the first windows.

At most 512 samples of a channel are kept. The band is their 1 % to 99 % quantile. One bad window in twenty does not
spoil it: windows that would stop the following give no samples, and an edge lies at most three times as far beyond the
95 % quantile as that lies from the median. Once they are found the board forgets this module.
"""

from array import array

from ..compat import const
from ..layout import (
    BIN_COUNT,
    BIN_LO,
    BIN_MULT,
    BIN_SHIFT,
    DX_N,
    DX_SUM,
    HEAD,
    HI0,
    LO0,
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

_SAMPLES = const(512)  # at most so many of a channel are kept


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


class Bands:
    """What is kept of ``windows`` windows; ``begin``: of others, from then on."""

    def __init__(self, reference, windows):
        self._reference = reference
        self._per_window = max(1, min(_SAMPLES // windows, reference.length))
        n = reference.n_channels
        # room for numbers out of a range, since bytes() would take as much again for a moment
        self._samples = [array("h", range(windows * self._per_window)) for _ in range(n)]
        self._filled = array("h", bytes(2 * n))
        self._variation = [array("i", range(windows)) for _ in range(n)]
        self._varied = array("h", bytes(2 * n))
        self._bins = array("i", [0] * BIN_COUNT)
        self._low = self._high = 0
        self.begin()

    def begin(self):
        self._kept = 0
        for c in range(self._reference.n_channels):
            self._filled[c] = self._varied[c] = 0

    def take(self, ring, stats):
        """One window's samples."""
        ref = self._reference
        for c in range(ref.n_channels):
            sat = HEAD + c * STRIDE
            if not _stopped(stats, sat, ref.length):
                self._sample(c, ring)
                self._vary(c, stats[sat + DX_SUM], stats[sat + DX_N])
        self._kept += 1

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

    def find(self):
        """Band, shares and variation of each channel from the samples; then the signatures of regimes can come."""
        ref = self._reference
        for c in range(ref.n_channels):
            x = self._samples[c]
            n = self._filled[c]
            at = REF_HEAD + c * REF_STRIDE
            if n:
                self._measure(x, n)
                ref.set_band(at, self._low, self._high)
                self._shares(at, x, n)
            v = self._variation[c]
            n = self._varied[c]
            _sort(v, n)
            ref.array[at + VARIATION] = v[n // 2] if n else 0

    def _measure(self, x, n):
        """The band of ``n`` samples, which it sorts: its edges, Q14 counts."""
        _sort(x, n)
        mid, low, high = x[n // 2], x[n // 20], x[n - 1 - n // 20]
        self._high = min(x[n - 1 - n // 100], high + 3 * (high - mid)) << 14
        self._low = max(x[n // 100], low - 3 * (mid - low)) << 14

    def agree(self):
        """True when the bands of these windows lie within a quarter of the width of the commissioned ones."""
        a = self._reference.array
        for c in range(self._reference.n_channels):
            if not self._filled[c]:
                return False
            at = REF_HEAD + c * REF_STRIDE
            self._measure(self._samples[c], self._filled[c])
            low = self._low
            high = self._high
            near = max(high - low, a[at + HI0] - a[at + LO0]) >> 2
            if abs(low - a[at + LO0]) > near or abs(high - a[at + HI0]) > near:
                return False
        return True

    def _shares(self, at, x, n):
        a = self._reference.array
        bins = self._bins
        for i in range(BIN_COUNT):
            bins[i] = 0
        for i in range(n):
            d = max(0, min(x[i] - a[at + BIN_LO], 131071))
            d = min(d * a[at + BIN_MULT] >> a[at + BIN_SHIFT] - 4, BIN_COUNT - 1 << 4)
            bins[d >> 4] += 16 - (d & 15)
            if d & 15:
                bins[(d >> 4) + 1] += d & 15
        held = 0
        for i in range(BIN_COUNT):
            held += bins[i]
            a[at + SHARES + i] = ((held << 11) + n // 2) // n
