"""Commissioning: what the first windows teach a reference, in stages, so that nothing waits for what comes later.

The first half of the windows gives the bands, which are followed from then on; the third quarter the site's regimes;
the cells of columns that look at several are then calibrated, and the next eighth gives those columns' limits; then all
other cells are calibrated, and the last eighth gives the levels of the classifiers, which run silently and pull their
thresholds. A limit's quantiles use every window from the moment its measure is defined: a spike's from the first on, an
excursion's from the second half on, a regime's from the last quarter on. (With bands from the first quarter alone, a
river's first week, seasons passed for failures: one window in ten was beyond the limit for months.) With fewer than 120
windows all limits come from the second half, and regimes and thresholds are the training's.

Of each measure the largest tenth is kept, of at most 512 windows spread over them all. One bad window in twenty does
not spoil a limit: it lies at most an octave above its 95 % quantile. Bands (bands.py) and regimes (prototypes.py)
are found by modules of their own, which the board forgets one by one, and this one when all is done.
"""

from array import array

from ..compat import const
from ..layout import CELL_MODE, CELL_STRIDE, FIXED, FOLLOW, FOLLOW_REGIME, WIDTH0
from ..modules import load, unload

_SAMPLES = const(512)  # at most so many values of a quantity are kept
_STAGED = const(120)  # windows below which the second half gives everything


class Commissioning:
    """What is kept of the first ``windows`` windows of ``reference``. Logarithms are Q10, which int16 holds.

    ``reach``: how far the alarm budget lies beyond the 95 % quantile of the levels, in ways from the 80 % one, Q12.
    ``again``: it is kept for good, and ``begin`` starts it once more; all it needs is made at once.
    """

    def __init__(self, reference, windows, reach, again=False):
        self._reference = reference
        self._windows = windows
        self._reach = reach
        self._again = again
        self._every = (windows + _SAMPLES - 1) // _SAMPLES
        room = (windows + self._every - 1) // self._every
        self._depth = room // 10 + 2
        # of each limit: how many measures count; -1: its limits are final
        self._counted = array("h", [0] * reference.n_limits)
        self._largest = array("h", bytes(2 * reference.n_limits * self._depth))
        staged = windows >= _STAGED
        self._band = (windows + 1) // 2
        # here and not above: the board forgets it at the end of its stage
        from .bands import Bands

        self._bands = Bands(reference, (self._band + self._every - 1) // self._every)
        self._regimes_until = windows * 3 // 4 if staged else 0
        self._worst_until = windows * 3 // 4 if staged else windows
        self._silent_from = windows - windows // 8 if staged else windows
        levels = (windows - self._silent_from) // self._every + 1
        self._levels = [array("i", bytes(4 * levels)) for _ in range(reference.n_classifiers)]
        self._limits = self._prototypes = self._own = None
        self._seen = self._silent = 0
        if again:
            self._own = self._make_prototypes()
            self._load_limits()

    def begin(self):
        """Forgets all windows so far."""
        self._seen = self._silent = 0
        self._prototypes = None
        for k in range(len(self._counted)):
            self._counted[k] = 0
        for i in range(len(self._largest)):
            self._largest[i] = 0
        self._bands.begin()

    def agree(self):
        """Whether both halves have the same bands, when the last window is taken; only with ``again``."""
        return self._bands.agree()

    def silent(self):
        """True when the next window's levels are taken."""
        return self._silent_from <= self._seen < self._windows and self._seen % self._every == 0

    def take(self, ring, stats, levels):
        """One window's samples, and its measures (the reference's ``logs``); true when it was the last one needed."""
        ref = self._reference
        if self._seen % self._every == 0:
            self._keep(ring, stats)
        if self._prototypes:
            self._prototypes.take()
        if ref.regimes and self._seen >= self._band:
            ref.regimes.visit(True)
        if levels is not None and self.silent():
            for k in range(ref.n_classifiers):
                self._limits.order(self._levels[k], self._silent, levels[k])
            self._silent += 1
        if self._seen >= self._band:
            ref.follow_bands(stats)
        self._seen += 1
        if self._seen == self._band:
            self._bands.find()
            self._end_bands()
            self._prototypes = self._own or self._make_prototypes()
            if self._prototypes:
                self._prototypes.begin()
        if self._seen == self._regimes_until and self._prototypes:
            self._prototypes.find(ref.regimes.apart)
            self._prototypes = None
            if not self._again:
                unload("reference.prototypes")
        if self._seen == self._worst_until:
            self._load_limits()
            self._limits.calibrate(ref, self._largest, self._counted, self._depth, True)
        if self._seen == self._silent_from:
            self._limits.calibrate(ref, self._largest, self._counted, self._depth, False)
        if self._seen < self._windows:
            return False
        if self._silent:
            for k in range(ref.n_classifiers):
                self._limits.pull(ref, k, self._levels[k], self._silent, self._reach)
        return True

    def _keep(self, ring, stats):
        """The measures that are defined by now; ``late``: there are bands."""
        ref = self._reference
        counted = self._counted
        largest = self._largest
        logs = ref.logs
        late = self._seen >= self._band
        k = 0
        last = self._depth - 1
        while k < ref.n_limits:
            if counted[k] >= 0 and self._defined(ref.cells[CELL_STRIDE * k + CELL_MODE], k, late):
                counted[k] += 1
                if logs[k] >> 4 > largest[last]:
                    self._insert(last - self._depth + 1, min(logs[k] >> 4, 32767))
            last += self._depth
            k += 1
        if self._bands:
            self._bands.take(ring, stats)

    def _load_limits(self):
        # here and not above: what found the bands has left the heap by now
        if not self._limits:
            from . import limits

            self._limits = limits

    def _end_bands(self):
        """Their stage is over; who may begin again takes the second half's, too."""
        if self._again:
            self._bands.begin()
        else:
            self._bands = None
            unload("reference.bands")

    def _make_prototypes(self):
        ref = self._reference
        if not ref.regimes or self._band >= self._regimes_until:
            return None
        return load("reference.prototypes").Prototypes(ref, self._regimes_until - self._band)

    def _defined(self, mode, k, late):
        """Whether a measure means something yet."""
        if mode == FOLLOW:
            return k < self._reference.n_cells or self._seen >= self._worst_until
        if mode == FOLLOW_REGIME:
            return late and self._seen >= self._regimes_until
        return late and mode != FIXED and mode != WIDTH0

    def _insert(self, first, log):
        """Into the cell's largest, which descend from ``first`` on."""
        x = self._largest
        i = first + self._depth - 1
        if log > x[i]:
            while i > first and log > x[i - 1]:
                x[i] = x[i - 1]
                i -= 1
            x[i] = log
