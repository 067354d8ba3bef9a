"""The reference: what the stream looks like when it is good, in integers; commissioned and followed.

It is one int32 array (layout.py): a head; for each channel the followed and the commissioned band (Q14 counts),
the bins that lie on it, the cumulative shares of the bins, the coefficient against its partner; then, for each cell and
each column, two limits, what one good window in a hundred and one in ten exceeds; then a threshold for each classifier;
then the regimes (regimes.py), whose prototypes are an array of their own. It is a file of its own on the board, in
training and in service made and followed by this very code.

Commissioning (commissioning.py) takes the first ``windows`` windows, whose verdicts are not given.

Following moves an edge of the band outwards when the window lies outside it, at most ``follow_per_day`` commissioned
widths a day, and inwards a twentieth as fast when it does not; eight times slower while the window lies more than 0.75
widths outside; not at all when more than an eighth of its samples are missing or invalid, a run is three windows long.
While a window's regime is held (regimes.py) no limit moves and an edge comes back towards where it was commissioned, no
farther: it would creep in meanwhile through windows of other regimes. Of one that somebody has called bad only the
channels that have the fault are held. Limits move by the same rule, in octaves for
widths (far out: two octaves), but inwards a ninth as fast where one window in ten exceeds them and a ninety-ninth where
one in a hundred does, so that each stays its quantile. Edges never cross: a band is at least one count wide, and a
limit never below its cell's floor.
"""

from array import array

from ..compat import const
from ..kernels import follow as kernel
from ..layout import (
    ASKED,
    CELL_MODE,
    CELL_STRIDE,
    EVERY,
    FOLLOW_LATE,
    HELD,
    HELD_BAD,
    HI,
    HI0,
    LIMIT_STEP,
    LIMIT_STRIDE,
    LO,
    LO0,
    MOST_REGIMES,
    Q90,
    Q99,
    READY,
    REF_HEAD,
    REF_STRIDE,
    REGIME_STRIDE,
    RISE,
    RISE_STEP,
    SINCE,
    STEP,
    THRESHOLD,
    THRESHOLD_STRIDE,
    TRAINED_THRESHOLD,
    WIDTH,
    WIDTH0_LOG,
    WIDTH_LOG,
)
from ..modules import load, unload

_HIGHEST = const(1073741823)


class Reference:
    """The reference of one stream, and its commissioning.

    Loaded from ``data`` (a file, boot/reference.py) or blank. With ``commission`` windows to come it starts over,
    and keeps of ``data`` only what is trained and not relearned: partners and coefficients between channels, regimes
    and thresholds.

    array       int32, as above
    limits      where the limits begin in it, of the cells and then of the columns that look at several;
    thresholds  where the classifiers' thresholds do
    cells       how each limit is kept (layout.py); ``floors`` and ``ceilings`` the smallest and the largest that one in
                a hundred exceeds may be, log2 in Q24
    worst       for each column, which limits are its own; 0: none. ``in_worst``: for each cell, whether such a column
                looks at it among others
    logs        log2 of a window's measures, Q14, -1 for 0, and those columns' rarities behind them: Dimensions fills
                it, following and commissioning read it
    regimes     the Regimes, None where no dimension asks for them
    """

    def __init__(self, plan, data=None, commission=None):
        from ..boot import reference as boot  # needed here only

        self.length = plan["length"]
        self.hop = plan["hop"]
        self.n_channels = len(plan["channels"])
        cells = plan["cells"]
        columns = plan["columns"]
        self.n_cells = len(cells)
        worst = boot.worst_columns(cells, columns)
        self.n_limits = self.n_cells + len(worst)
        self.n_classifiers = len([p for p in plan["parents"] if p["classifier"] >= 0])
        self.limits = REF_HEAD + self.n_channels * REF_STRIDE
        self.thresholds = self.limits + self.n_limits * LIMIT_STRIDE
        self.cells = array("h", [0] * (CELL_STRIDE * self.n_limits))
        self.floors = array("i", [0] * self.n_limits)
        self.ceilings = array("i", [_HIGHEST] * self.n_limits)
        self.in_worst = bytearray(self.n_cells)
        self.worst = array("h", [0] * len(columns))
        self.logs = array("i", [0] * self.n_limits)
        self.regime_cell = -1
        boot.describe(self, cells, columns, worst, plan["modules"])
        size = table = self.thresholds + self.n_classifiers * THRESHOLD_STRIDE
        self.regimes = None
        if self.regime_cell >= 0:
            size += MOST_REGIMES * REGIME_STRIDE
            self.regimes = load("reference.regimes").Regimes(self, table)
        self.array = array("i", [0] * size)
        rule = plan["reference"]
        self.array[LIMIT_STEP] = rule["step_q24"]
        boot.fill(self)
        if data is not None:
            boot.read(self, data)
        self._windows = rule["windows"] if commission is None else commission
        self._reach = rule["reach_q12"]
        self._commissioning = None
        if self._windows:
            boot.start_over(self)
        self.array[READY] = 0 if self._windows else 1
        self.array[EVERY] = rule["every"]
        self.array[LIMIT_STEP] = rule["step_q24"]
        self.array[RISE_STEP] = rule["rise_q24"]

    def ready(self):
        return self.array[READY]

    def size(self):
        """Bytes that keep it: the array, and the prototypes behind it."""
        size = 4 * len(self.array)
        return size + 2 * len(self.regimes.prototypes) if self.regimes else size

    def set_limit(self, k, q99, q90):
        """The limits of a cell, or of a column behind them: log2 of the measure, Q24."""
        self.array[self.limits + LIMIT_STRIDE * k + Q99] = q99
        self.array[self.limits + LIMIT_STRIDE * k + Q90] = q90

    def accept(self, logs):
        """Raises the limits that the band makes to measures, ``logs`` of the present ones or of others, by no more than
        the regime's limit has risen: what is known from now on has been a failure for as long as the policy is patient,
        or somebody has said that it is good."""
        a = self.array
        for k in range(self.n_cells):
            at = self.limits + LIMIT_STRIDE * k
            more = min((logs[k] << 10) - a[at + Q99], a[RISE])
            mode = self.cells[CELL_STRIDE * k + CELL_MODE]
            if (mode == WIDTH or mode == FOLLOW_LATE) and more > 0:
                self.set_limit(k, a[at + Q99] + more, a[at + Q90] + more)

    def threshold(self, classifier):
        """A level of the network above it is a failure: the site's, which commissioning pulls from the trained one."""
        return self.array[self.thresholds + THRESHOLD_STRIDE * classifier + THRESHOLD]

    def trained_threshold(self, classifier):
        """The threshold that commissioning pulls towards the site's."""
        return self.array[self.thresholds + THRESHOLD_STRIDE * classifier + TRAINED_THRESHOLD]

    def pull_threshold(self, classifier, threshold):
        """Replaces the site's threshold, and nothing else."""
        self.array[self.thresholds + THRESHOLD_STRIDE * classifier + THRESHOLD] = threshold

    def set_band(self, at, lo, hi):
        """The channel at ``at`` gets a band, commissioned and followed, and bins on it."""
        a = self.array
        if hi - lo < 16384:
            hi = lo + 16384
        a[at + LO] = a[at + LO0] = lo
        a[at + HI] = a[at + HI0] = hi
        rate = a[LIMIT_STEP]
        # width * rate >> 24 without passing 2**30 by much: this runs once, where a long integer is allowed
        a[at + STEP] = min(max(1, (hi - lo) * rate >> 24), 536870912) if rate else 0
        kernel.lay_bins(a, at)
        a[at + WIDTH0_LOG] = a[at + WIDTH_LOG]

    def silent(self):
        """True while commissioning takes levels: the classifiers run, and nobody hears them."""
        return self._commissioning is not None and self._commissioning.silent()

    def commission(self, ring, stats, levels=None):
        """Takes one window's measures (their logarithms in ``logs``), when ``silent`` the classifiers' levels; true
        when that was the last window needed."""
        if not self._commissioning:
            # here and not at the start: what the start needed has left the heap by now
            from .commissioning import Commissioning

            self._commissioning = Commissioning(self, self._windows, self._reach)
        if self.regimes:
            self.regimes.count()
        if not self._commissioning.take(ring, stats, levels):
            return False
        self._commissioning = None
        unload("reference")
        self.array[READY] = 1
        return True

    def follow_bands(self, stats):
        """The same of the bands alone, while commissioning."""
        if self._due():
            self._step(stats, 0)

    def follow(self, stats):
        """One step after a window, on its statistics and the logarithms of its measures."""
        due = self._due()
        held = False
        if self.regimes:
            k = self.regime_cell
            self.regimes.count()
            held = self.regimes.ask(self.logs[k], self.array[self.limits + LIMIT_STRIDE * k + Q99] >> 10, due)
        if due:
            refused = self.array[ASKED] > 1
            self._step(stats, self.n_limits if not held else HELD_BAD if refused else HELD)

    def _due(self):
        """Counts a window; whether a step is due."""
        a = self.array
        a[SINCE] += 1
        if a[SINCE] < a[EVERY]:
            return False
        a[SINCE] = 0
        return True

    def _step(self, stats, n_limits):
        if self.array[LIMIT_STEP]:
            kernel.follow(
                self.array, self.limits, self.cells, n_limits, self.logs, self.floors, self.ceilings, stats,
                self.n_channels, self.length,
            )  # fmt: skip
