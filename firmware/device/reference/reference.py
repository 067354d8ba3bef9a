"""The reference: what the stream looks like when it is good, in integers; commissioned and followed.

It is one int32 array (layout.py): a head; for each channel the followed and the commissioned band (Q14 counts),
the bins that lie on it, the cumulative shares of the bins, the coefficient against its partner; then, for each cell and
each column, two limits, what one good window in a hundred and one in ten exceeds; then a threshold for each classifier;
then the regimes (regimes.py), whose prototypes are an array of their own. It is a file of its own on the board, in
training and in service made and followed by this very code.

Commissioning (commissioning.py) takes the first ``windows`` windows, whose verdicts are not given.

Following moves an edge of the band outwards when the window lies outside it, at most ``follow_per_day`` commissioned
widths a day, and inwards a twentieth as fast when it does not; eight times slower while the window lies more than 0.75
widths outside; not at all when more than an eighth of its samples are missing or invalid, a run is three windows
long, or its regime is beyond the limit. Limits move by the same rule, in octaves for widths (far out: two octaves), but
inwards a ninth as fast where one window in ten exceeds them and a ninety-ninth where one in a hundred does, so that each
stays its quantile. Edges never cross: a band is at least one count wide, and a limit never below its cell's floor.
"""

import struct
from array import array
from binascii import crc32

from ..compat import const
from ..kernels import follow as kernel
from ..layout import (
    CELL_BASE,
    CELL_MODE,
    CELL_STRIDE,
    EVERY,
    FIXED,
    FOLLOW,
    FOLLOW_REGIME,
    HI,
    HI0,
    LAYOUT_VERSION,
    LIMIT_STEP,
    LIMIT_STRIDE,
    LO,
    LO0,
    MOST_REGIMES,
    NOTICE,
    PAIR,
    Q90,
    Q99,
    RARITY_DECADE,
    RARITY_ZERO,
    READY,
    REF_HEAD,
    REF_STRIDE,
    REGIME,
    REGIME_STRIDE,
    RISE_STEP,
    SHARES,
    SINCE,
    STEP,
    THRESHOLD,
    THRESHOLD_STRIDE,
    TRAINED_THRESHOLD,
    WIDTH0,
    WIDTH0_LOG,
    WIDTH_LOG,
)
from ..modules import load, unload

_MAGIC = b"MGF1"
_BODY = const(14)  # where the array begins
_TWICE = const(5046272)  # a decade's log10(2), 77 of 256
_HIGHEST = const(1073741823)
_PRIOR = const(16)
_PULL = const(33554432)  # two octaves
_NEVER = const(536870911)  # a threshold that no level exceeds


class Reference:
    """The reference of one stream, and its commissioning.

    Loaded from ``data`` (a file made by ``dump``) or blank. With ``commission`` windows to come it starts over,
    and keeps of ``data`` only what is trained and not relearned: partners and coefficients between channels, regimes
    and thresholds.

    array       int32, as above
    limits      where the limits of cells and columns begin in it, ``thresholds`` where the classifiers' thresholds do
    cells       how each limit is kept (layout.py); ``floors`` and ``ceilings`` the smallest and the largest that one in
                a hundred exceeds may be, log2 in Q24
    logs        log2 of a window's measures, Q14, -1 for 0, and each column's rarity behind them: Dimensions fills it,
                following and commissioning read it
    regimes     the Regimes, None where no dimension asks for them
    """

    def __init__(self, plan, data=None, commission=None):
        self.length = plan["length"]
        self.hop = plan["hop"]
        self.n_channels = len(plan["channels"])
        cells = plan["cells"]
        columns = plan["columns"]
        self.n_cells = len(cells)
        self.n_limits = self.n_cells + len(columns)
        self.n_classifiers = len([p for p in plan["parents"] if p["classifier"] >= 0])
        self.limits = REF_HEAD + self.n_channels * REF_STRIDE
        self.thresholds = self.limits + self.n_limits * LIMIT_STRIDE
        table = self.thresholds + self.n_classifiers * THRESHOLD_STRIDE
        self.cells = array("h", [0] * (CELL_STRIDE * self.n_limits))
        self.floors = array("i", [0] * self.n_limits)
        self.ceilings = array("i", [_HIGHEST] * self.n_limits)
        self.logs = array("i", [0] * self.n_limits)
        self.regime_cell = -1
        self._worst = bytearray(self.n_limits)
        modules = plan["modules"]
        for k, (module, channel, mode, limit) in enumerate(cells):
            self._describe(k, mode, REF_HEAD + channel * REF_STRIDE if channel >= 0 else 0, limit)
            # with a threshold of the policy's its mode is FIXED
            if mode == FOLLOW_REGIME or modules[module] == "regime":
                self.regime_cell = k
        regimes = self.regime_cell >= 0
        self.array = array("i", [0] * (table + (MOST_REGIMES * REGIME_STRIDE if regimes else 0)))
        self.array[REGIME] = -1
        self.regimes = load("reference.regimes").Regimes(self, table) if regimes else None
        for k in range(self.n_cells):
            self.set_limit(k, self.floors[k], self.floors[k])
        for j, (_, members) in enumerate(columns):
            self._calibrate_worst(self.n_cells + j, members)
        for k in range(self.n_classifiers):
            self.set_threshold(k, _NEVER)
        self._rule = plan["reference"]
        for c in range(self.n_channels):
            at = REF_HEAD + c * REF_STRIDE
            self.array[at + PAIR] = -1
            self.set_band(at, -8192 << 14, 8192 << 14)
            for i in range(16):
                self.array[at + SHARES + i] = (i + 1) << 11
        if data is not None:
            self._load(data)
        self._windows = self._rule["windows"] if commission is None else commission
        self._commissioning = None
        if self._windows:
            self._start_over()
        self.array[READY] = 0 if self._windows else 1
        self.array[EVERY] = self._rule["every"]
        self.array[LIMIT_STEP] = self._rule["step_q24"]
        self.array[RISE_STEP] = self._rule["rise_q24"]

    def _describe(self, k, mode, base, floor):
        self.cells[CELL_STRIDE * k + CELL_MODE] = mode
        self.cells[CELL_STRIDE * k + CELL_BASE] = base
        self.floors[k] = floor

    def _calibrate_worst(self, k, members):
        """A column of several cells, none of which the policy fixes, has limits of its own. They lie between one cell's,
        were they all the same, and those of so many independent ones: a decade further for each factor of ten
        (Bonferroni 1936), where they begin."""
        several = len(members) > 1
        for cell in members:
            mode = self.cells[CELL_STRIDE * cell + CELL_MODE]
            several = several and mode != FIXED and mode != WIDTH0
        limit = (RARITY_ZERO + RARITY_DECADE) << 16
        self._describe(k, FOLLOW if several else FIXED, 0, limit)
        if several:
            for cell in members:
                self._worst[cell] = 1
            octaves = 0
            while len(members) >> octaves + 1:
                octaves += 1
            limit += _TWICE * octaves + (_TWICE * (len(members) - (1 << octaves)) >> octaves)
        self.ceilings[k] = limit
        self.set_limit(k, limit, limit - (RARITY_DECADE << 16))

    def ready(self):
        return self.array[READY]

    def notice(self):
        """What a verdict's ``why`` says beside its judgement: JUDGED, ASKED_WHY or ABSORBED_WHY."""
        return self.array[NOTICE]

    def regime(self):
        """The known regime nearest to the last window; -1: none."""
        return self.array[REGIME]

    def dump(self):
        """The file: magic; version of the layout, number of channels, cells, columns and classifiers (uint16 each); the
        array (int32, little-endian); the prototypes (int16); CRC-32."""
        body = struct.pack("<4s5H", _MAGIC, *self._shape()) + bytes(self.array)
        if self.regimes:
            body += bytes(self.regimes.prototypes)
        return body + struct.pack("<I", crc32(body))

    def _load(self, data):
        if len(data) < _BODY or bytes(data[:4]) != _MAGIC:
            raise ValueError("reference: does not begin with MGF1")
        shape = struct.unpack("<5H", bytes(data[4:_BODY]))
        if shape[0] != LAYOUT_VERSION:
            raise ValueError("reference: layout version %d, this firmware reads %d" % (shape[0], LAYOUT_VERSION))
        if shape != self._shape():
            raise ValueError("reference: made for other channels, dimensions or classifiers")
        middle = _BODY + 4 * len(self.array)
        size = middle + 4
        if self.regimes:
            size += 2 * len(self.regimes.prototypes)
        if len(data) != size:
            raise ValueError("reference: %d bytes, expected %d" % (len(data), size))
        if crc32(bytes(data[: size - 4])) != struct.unpack("<I", bytes(data[size - 4 :]))[0]:
            raise ValueError("reference: CRC-32 does not match")
        self.array = array("i", bytes(data[_BODY:middle]))
        if self.regimes:
            self.regimes.prototypes = array("h", bytes(data[middle : size - 4]))

    def _shape(self):
        return LAYOUT_VERSION, self.n_channels, self.n_cells, self.n_limits - self.n_cells, self.n_classifiers

    def _start_over(self):
        """Before commissioning: nothing of a site but its training's regimes, limits and thresholds."""
        for k in range(self.n_classifiers):
            self.return_threshold(k)
        if self.regimes:
            self.regimes.start_over()

    def in_worst(self, k):
        """Whether a column with limits of its own looks at this cell among others."""
        return self._worst[k]

    def set_limit(self, k, q99, q90):
        """The limits of a cell, or of a column behind them: log2 of the measure, Q24."""
        self.array[self.limits + LIMIT_STRIDE * k + Q99] = q99
        self.array[self.limits + LIMIT_STRIDE * k + Q90] = q90

    def learn_limit(self, k, q99, q90, n):
        """Limits that ``n`` windows of a site say, drawn towards the training's while they are few: by 1 / (1 + (n /
        _PRIOR)^2) of the way, and of at most _PULL. Few windows say nothing of a tail, many say all."""
        at = self.limits + LIMIT_STRIDE * k
        a = self.array
        weight = _PRIOR * _PRIOR
        if k < self.n_cells and (a[at + Q99] > self.floors[k] or a[at + Q90] < self.floors[k]):
            q99 += max(-_PULL, min(a[at + Q99] - q99, _PULL)) * weight // (n * n + weight)
            q90 += max(-_PULL, min(a[at + Q90] - q90, _PULL)) * weight // (n * n + weight)
        self.set_limit(k, q99, min(q90, q99))

    def limit(self, k):
        """log2 of what one good window in a hundred exceeds, Q24."""
        return self.array[self.limits + LIMIT_STRIDE * k + Q99]

    def threshold(self, classifier):
        """A level of the network above it is a failure: the site's, which commissioning pulls from the trained one."""
        return self.array[self.thresholds + THRESHOLD_STRIDE * classifier + THRESHOLD]

    def trained_threshold(self, classifier):
        return self.array[self.thresholds + THRESHOLD_STRIDE * classifier + TRAINED_THRESHOLD]

    def set_threshold(self, classifier, threshold):
        """Replaces one trained threshold, and the site's with it."""
        self.pull_threshold(classifier, threshold)
        self.array[self.thresholds + THRESHOLD_STRIDE * classifier + TRAINED_THRESHOLD] = threshold

    def return_threshold(self, classifier):
        """The site's threshold becomes the trained one."""
        self.pull_threshold(classifier, self.trained_threshold(classifier))

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
        rate = self._rule["step_q24"]
        # width * rate >> 24 without passing 2**30 by much: this runs once, where a long integer is allowed
        a[at + STEP] = min(max(1, (hi - lo) * rate >> 24), 536870912) if rate else 0
        kernel.lay_bins(a, at)
        a[at + WIDTH0_LOG] = a[at + WIDTH_LOG]

    def silent(self):
        """True while commissioning takes levels: the classifiers run, and nobody hears them."""
        return self._commissioning is not None and self._commissioning.silent()

    def commission(self, ring, stats, levels=None):
        """Takes one window's measures (their logarithms in ``logs``), when ``silent`` the classifiers' levels; true when
        that was the last window needed."""
        if not self._commissioning:
            # here and not at the start: what the start needed has left the heap by now
            from .commissioning import Commissioning

            self._commissioning = Commissioning(self, self._windows, self._rule["reach_q12"])
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
        a = self.array
        a[SINCE] += 1
        if a[SINCE] >= a[EVERY]:
            a[SINCE] = 0
            if a[LIMIT_STEP]:
                kernel.follow(
                    a, self.limits, self.cells, 0, self.logs, self.floors, self.ceilings, stats, self.n_channels,
                    self.length,
                )  # fmt: skip

    def follow(self, stats):
        """One step after a window, on its statistics and the logarithms of its measures."""
        a = self.array
        a[SINCE] += 1
        step = a[SINCE] >= a[EVERY]
        if step:
            a[SINCE] = 0
        held = False
        if self.regimes:
            k = self.regime_cell
            self.regimes.count()
            held = self.regimes.ask(self.logs[k], self.limit(k) >> 10, step)
        if step and not held and a[LIMIT_STEP]:
            kernel.follow(
                a, self.limits, self.cells, self.n_limits, self.logs, self.floors, self.ceilings, stats,
                self.n_channels, self.length,
            )  # fmt: skip
