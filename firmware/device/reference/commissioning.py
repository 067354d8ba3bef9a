"""Commissioning: what the first windows teach a reference, in stages, so that nothing waits for what comes later.

The first half of the windows gives the bands, which are followed from then on; the third quarter the site's regimes; the
cells of columns that look at several are then calibrated, and the next eighth gives those columns' limits; then all other
cells are calibrated, and the last eighth gives the levels of the classifiers, which run silently and pull their
thresholds. A limit's quantiles use every window from the moment its measure is defined: a spike's from the first on, an
excursion's from the second half on, a regime's from the last quarter on. (With bands from the first quarter alone, a
river's first week, seasons passed for failures: one window in ten was beyond the limit for months.) With fewer than 120
windows all limits come from the second half, and regimes and thresholds are the training's.

At most 512 samples of a channel are kept, spread over the windows, of each measure the largest tenth, of regimes 48
signatures. The band is the 1 % to the 99 % quantile of the samples. One bad window in twenty does not spoil it: windows
that would stop the following give no samples, an edge lies at most three times as far beyond the 95 % quantile as that
lies from the median, and a limit at most an octave above its 95 % quantile. Once it is done the board forgets this
module.
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
    FIXED,
    FOLLOW,
    FOLLOW_REGIME,
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
    WIDTH0,
)
from ..modules import load

_SAMPLES = const(512)  # at most so many values of a quantity are kept
_STAGED = const(120)  # windows below which the second half gives everything
_TRUST = const(200)  # levels that weigh as much as the training does


def _banded_until(windows):
    """The windows that give the bands: the first quarter, of few the first half."""
    return (windows + 1) // 2


def _silent_from(windows):
    """The window from which on levels are taken."""
    return windows - windows // 8 if windows >= _STAGED else windows


def pull(reference, classifier, levels, n, reach):
    """Pulls a threshold towards what the site's first ``n`` levels say, with weight n / (n + 200).

    They say their 80 % and 95 % quantile, the largest twentieth left out, extrapolated evenly to the alarm budget.
    """
    _sort(levels, n)
    n -= n // 20
    usual, high = levels[n * 4 // 5], levels[n * 19 // 20]
    site = high + ((high - usual) * reach >> 12)
    trained = reference.trained_threshold(classifier)
    reference.pull_threshold(classifier, trained + (site - trained) * n // (n + _TRUST))


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
    """What is kept of the first ``windows`` windows of ``reference``. Logarithms are Q10, which int16 holds.

    ``reach``: how far the alarm budget lies beyond the 95 % quantile of the levels, in ways from the 80 % one, Q12.
    """

    def __init__(self, reference, windows, reach):
        self._reference = reference
        self._windows = windows
        self._reach = reach
        self._seen = 0
        self._every = (windows + _SAMPLES - 1) // _SAMPLES
        room = (windows + self._every - 1) // self._every
        self._kept = 0
        n = reference.n_channels
        self._depth = room // 10 + 2
        # of each limit: how many measures count; -1: its limits are final
        self._counted = array("h", [0] * reference.n_limits)
        self._largest = array("h", bytes(2 * reference.n_limits * self._depth))
        # room for numbers out of a range, since bytes() would take as much again for a moment
        banded = (_banded_until(windows) + self._every - 1) // self._every
        self._per_window = max(1, min(_SAMPLES // banded, reference.length))
        self._samples = [array("h", range(banded * self._per_window)) for _ in range(n)]
        self._filled = array("h", bytes(2 * n))
        self._variation = [array("i", range(banded)) for _ in range(n)]
        self._varied = array("h", bytes(2 * n))
        staged = windows >= _STAGED
        self._band = _banded_until(windows)
        self._regimes_until = windows * 3 // 4 if staged else 0
        self._worst_until = windows * 3 // 4 if staged else windows
        self._silent_from = _silent_from(windows)
        self._prototypes = None
        levels = (windows - self._silent_from) // self._every + 1
        self._levels = [array("i", range(levels)) for _ in range(reference.n_classifiers)]
        self._silent = 0

    def silent(self):
        """True when the next window's levels are taken."""
        return self._silent_from <= self._seen < self._windows and self._seen % self._every == 0

    def take(self, ring, stats, levels):
        """One window's samples, and its measures (the reference's ``logs``); true when it was the last one needed."""
        ref = self._reference
        if self._seen % self._every == 0:
            self._keep(ring, stats)
        if ref.regimes:
            if self._prototypes:
                self._prototypes.take()
            elif self._seen >= self._worst_until:
                ref.regimes.visit(True)
        if levels is not None and self.silent():
            for k in range(ref.n_classifiers):
                self._levels[k][self._silent] = levels[k]
            self._silent += 1
        if self._seen >= self._band:
            ref.follow_bands(stats)
        self._seen += 1
        if self._seen == self._band:
            self._levels_of_bands()
            if ref.regimes and self._seen < self._regimes_until:
                self._prototypes = load("reference.prototypes").Prototypes(ref, self._regimes_until - self._seen)
        if self._seen == self._regimes_until and self._prototypes:
            self._prototypes.find((2 * ref.length + ref.hop - 1) // ref.hop)
            self._prototypes = None
        if self._seen == self._worst_until:
            self._calibrate(True)
        if self._seen == self._silent_from:
            self._calibrate(False)
        if self._seen < self._windows:
            return False
        if self._silent:
            for k in range(ref.n_classifiers):
                pull(ref, k, self._levels[k], self._silent, self._reach)
        return True

    def _keep(self, ring, stats):
        ref = self._reference
        late = self._seen >= self._band
        for k in range(ref.n_limits):
            if self._counted[k] >= 0 and self._defined(k, late):
                self._insert(k * self._depth, min(ref.logs[k] >> 4, 32767))
                self._counted[k] += 1
        if not late:
            for c in range(ref.n_channels):
                sat = HEAD + c * STRIDE
                if not _stopped(stats, sat, ref.length):
                    self._sample(c, ring)
                    self._vary(c, stats[sat + DX_SUM], stats[sat + DX_N])
        self._kept += 1

    def _defined(self, k, late):
        """Whether a measure means something yet."""
        mode = self._reference.cells[CELL_STRIDE * k + CELL_MODE]
        if mode == FIXED or mode == WIDTH0:
            return False
        if mode == FOLLOW_REGIME:
            return late and self._seen >= self._regimes_until
        if k >= self._reference.n_cells:
            return self._seen >= self._worst_until
        return late or mode == FOLLOW

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

    def _levels_of_bands(self):
        """Band, shares and variation of each channel from the samples; then the signatures of regimes can come."""
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

    def _calibrate(self, several):
        """Both limits of the cells that are final now: those of columns that look at ``several``, or all."""
        ref = self._reference
        for k in range(ref.n_limits):
            n = self._counted[k]
            if n > 0 and (not several or ref.in_worst[k]):
                first = k * self._depth
                # kept in Q10, a limit is Q24
                most = (self._largest[first + n // 20] << 14) + (1 << 24)
                q99 = min(self._largest[first + n // 100] << 14, most, ref.ceilings[k])
                q99 = max(q99, ref.floors[k])
                ref.set_limit(k, q99, min(max(self._largest[first + n // 10] << 14, 0), q99))
                self._counted[k] = -1
