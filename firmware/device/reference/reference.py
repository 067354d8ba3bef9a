"""The reference: what the stream looks like when it is good, in integers; commissioned and followed.

It is one int32 array (layout.py): a head; for each channel the followed and the commissioned band (Q14 counts),
the bins that lie on it, the cumulative shares of the bins, the coefficient against its partner; then a limit for
each cell, log2 in Q24; then a threshold for each classifier, which commissioning leaves as it is. It is a file
of its own on the board, in training and in service made and followed by this very code.

Commissioning takes the first ``windows`` windows, whose verdicts are not given. The band is the 1 % to the 99 %
quantile of 512 samples, a limit the 99 % quantile of its measure. One bad window in twenty does not spoil it: windows
that would stop the following (below) give no samples, an edge lies at most three times as far beyond the 95 %
quantile as that lies from the median, and a limit at most an octave above its 95 % quantile.

Following moves an edge of the band outwards when the window lies outside it, at most ``follow_per_day`` commissioned
widths a day, and inwards a twentieth as fast when it does not; eight times slower while the window lies more than 0.75
widths outside; not at all when more than an eighth of its samples are missing or invalid, or a run is three windows
long. Limits move by the same rule, in octaves for widths (far out: two octaves). Edges never cross: a band is at least
one count wide, and a limit never below one count or one slot.
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
    HI,
    HI0,
    LAYOUT_VERSION,
    LIMIT_STEP,
    LO,
    LO0,
    PAIR,
    READY,
    REF_HEAD,
    REF_STRIDE,
    SHARES,
    SINCE,
    STEP,
    WIDTH0_LOG,
    WIDTH_LOG,
)
from ..modules import unload

_MAGIC = b"MGF1"
_BODY = const(12)  # where the array begins
_NEVER = const(127)  # a threshold that no score exceeds


class Reference:
    """The reference of one stream, and its commissioning.

    Loaded from ``data`` (a file made by ``dump``) or blank. With ``commission`` windows to come it starts over,
    and keeps of ``data`` only what is trained and not relearned: partners and coefficients between channels, and
    thresholds.

    array       int32, as above
    limits      where the cells' limits begin in it, ``thresholds`` where the classifiers' thresholds do
    cells       how each limit is kept (layout.py); ``floors`` the smallest it may be, log2 in Q24
    logs        log2 of a window's measures, Q14, -1 for 0: Dimensions fills it, following and commissioning read it
    """

    def __init__(self, plan, data=None, commission=None):
        self.length = plan["length"]
        self.n_channels = len(plan["channels"])
        cells = plan["cells"]
        self.n_cells = len(cells)
        self.n_classifiers = len([p for p in plan["parents"] if p["classifier"] >= 0])
        self.limits = REF_HEAD + self.n_channels * REF_STRIDE
        self.thresholds = self.limits + self.n_cells
        self.array = array("i", [0] * (self.thresholds + self.n_classifiers))
        self.cells = array("h", [0] * (CELL_STRIDE * self.n_cells))
        self.floors = array("i", [0] * self.n_cells)
        self.logs = array("i", [0] * self.n_cells)
        for k, (_, channel, mode, limit) in enumerate(cells):
            at = CELL_STRIDE * k
            self.cells[at + CELL_MODE] = mode
            self.cells[at + CELL_BASE] = REF_HEAD + channel * REF_STRIDE if channel >= 0 else 0
            self.floors[k] = limit
            self.array[self.limits + k] = limit
        for k in range(self.n_classifiers):
            self.set_threshold(k, _NEVER)
        self._rate = plan["reference"]["step_q24"]
        self.array[EVERY] = plan["reference"]["every"]
        self.array[LIMIT_STEP] = self._rate
        for c in range(self.n_channels):
            at = REF_HEAD + c * REF_STRIDE
            self.array[at + PAIR] = -1
            self.set_band(at, -8192 << 14, 8192 << 14)
            for i in range(16):
                self.array[at + SHARES + i] = (i + 1) << 11
        if data is not None:
            self._load(data)
        self._windows = plan["reference"]["windows"] if commission is None else commission
        self._commissioning = None
        self.array[READY] = 0 if self._windows else 1

    def ready(self):
        return self.array[READY]

    def dump(self):
        """The file: magic; version of the layout, number of channels, cells and classifiers (uint16 each); the array
        (int32, little-endian); CRC-32."""
        body = struct.pack("<4sHHHH", _MAGIC, *self._shape()) + bytes(self.array)
        return body + struct.pack("<I", crc32(body))

    def _load(self, data):
        if len(data) < _BODY or bytes(data[:4]) != _MAGIC:
            raise ValueError("reference: does not begin with MGF1")
        shape = struct.unpack("<HHHH", bytes(data[4:_BODY]))
        if shape[0] != LAYOUT_VERSION:
            raise ValueError("reference: layout version %d, this firmware reads %d" % (shape[0], LAYOUT_VERSION))
        if shape != self._shape():
            raise ValueError("reference: made for other channels, dimensions or classifiers")
        size = _BODY + 4 * len(self.array) + 4
        if len(data) != size:
            raise ValueError("reference: %d bytes, expected %d" % (len(data), size))
        if crc32(bytes(data[: size - 4])) != struct.unpack("<I", bytes(data[size - 4 :]))[0]:
            raise ValueError("reference: CRC-32 does not match")
        self.array = array("i", bytes(data[_BODY : size - 4]))

    def _shape(self):
        return LAYOUT_VERSION, self.n_channels, self.n_cells, self.n_classifiers

    def threshold(self, classifier):
        """int8; a score above it is a failure."""
        return self.array[self.thresholds + classifier]

    def set_threshold(self, classifier, threshold):
        """Replaces one threshold, and nothing else."""
        self.array[self.thresholds + classifier] = threshold

    def set_band(self, at, lo, hi):
        """The channel at ``at`` gets a band, commissioned and followed, and bins on it."""
        a = self.array
        if hi - lo < 16384:
            hi = lo + 16384
        a[at + LO] = a[at + LO0] = lo
        a[at + HI] = a[at + HI0] = hi
        # width * rate >> 24 without passing 2**30 by much: this runs once, where a long integer is allowed
        a[at + STEP] = min(max(1, (hi - lo) * self._rate >> 24), 536870912) if self._rate else 0
        kernel.lay_bins(a, at)
        a[at + WIDTH0_LOG] = a[at + WIDTH_LOG]

    def commission(self, ring, stats):
        """Takes one window's measures (their logarithms in ``logs``); true when that was the last one needed."""
        if not self._commissioning:
            # here and not at the start: what the start needed has left the heap by now
            from .commissioning import Commissioning

            self._commissioning = Commissioning(self, self._windows)
        if not self._commissioning.take(ring, stats):
            return False
        self._commissioning = None
        unload("reference")
        self.array[READY] = 1
        return True

    def follow(self, stats):
        """One step after a window, on its statistics and the logarithms of its measures."""
        a = self.array
        since = a[SINCE] + 1
        if since < a[EVERY]:
            a[SINCE] = since
            return
        a[SINCE] = 0
        if a[LIMIT_STEP]:
            kernel.follow(
                a, self.limits, self.cells, self.n_cells, self.logs, self.floors, stats, self.n_channels, self.length
            )  # fmt: skip
