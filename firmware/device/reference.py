"""The reference: what the stream looks like when it is good, in integers; commissioned and followed.

It is one int32 array (layout.py): a head; for each channel the followed and the commissioned band (Q14 counts),
the bins that lie on it, the cumulative shares of the bins, the coefficient against its partner; then a tail for
each cell, log2 in Q24. It is a file of its own on the board, in training and in service made and followed by
this very code.

Commissioning takes the first ``windows`` windows, whose verdicts are not given. The band is the 1 % to the 99 %
quantile of 512 samples, a tail the 99 % quantile of its measure. One bad window in twenty does not spoil it: windows
that would stop the following (below) give no samples, an edge lies at most three times as far beyond the 95 %
quantile as that lies from the median, and a tail at most an octave above its 95 % quantile.

Following moves an edge of the band outwards when the window lies outside it, at most ``follow_per_day`` commissioned
widths a day, and inwards a twentieth as fast when it does not; eight times slower while the window lies more than 0.75
widths outside; not at all when more than an eighth of its samples are missing or invalid, or a run is three windows
long. Tails move by the same rule, in octaves for widths (far out: two octaves). Edges never cross: a band is at least
one count wide, and a tail never below one count or one slot.
"""

import struct
from array import array
from binascii import crc32

from .compat import MICROPYTHON
from .layout import (
    EVERY,
    HI,
    HI0,
    LO,
    LO0,
    PAIR,
    READY,
    REF_HEAD,
    REF_STRIDE,
    SHARES,
    SINCE,
    STEP,
    TAIL_STEP,
    WIDTH0_LOG,
    WIDTH_LOG,
)
from .stages import forget

if MICROPYTHON:
    from .kernels import value_viper as kernel
else:
    from .kernels import value_plain as kernel

_MAGIC = b"MGF1"


class Reference:
    """The reference of one stream, and its commissioning.

    Loaded from ``data`` (a file made by ``dump``) or blank. With ``commission`` windows to come it starts over,
    and keeps of ``data`` only the partners and coefficients between channels, which are trained and not
    relearned.
    """

    def __init__(self, plan, data=None, commission=None):
        self.length = plan["length"]
        self.n_channels = len(plan["channels"])
        cells = plan["cells"]
        self.n_cells = len(cells)
        self.tails = REF_HEAD + self.n_channels * REF_STRIDE
        self.array = array("i", [0] * (self.tails + self.n_cells))
        self.cells = array("h", bytes(4 * self.n_cells))
        self.floors = array("i", [0] * self.n_cells)
        self.logs = array("i", [0] * self.n_cells)
        for k, (_, channel, mode, tail) in enumerate(cells):
            self.cells[2 * k] = mode
            self.cells[2 * k + 1] = REF_HEAD + channel * REF_STRIDE if channel >= 0 else 0
            self.floors[k] = tail
            self.array[self.tails + k] = tail
        self._rate = plan["reference"]["step_q24"]
        self.array[EVERY] = plan["reference"]["every"]
        self.array[TAIL_STEP] = self._rate
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
        """The file: magic, number of channels and cells (uint16), the array (int32, little-endian), CRC-32."""
        body = struct.pack("<4sHH", _MAGIC, self.n_channels, self.n_cells) + bytes(self.array)
        return body + struct.pack("<I", crc32(body))

    def _load(self, data):
        size = 8 + 4 * len(self.array) + 4
        if len(data) != size or bytes(data[:4]) != _MAGIC:
            raise ValueError("reference: not a reference of %d bytes for this policy" % size)
        if crc32(bytes(data[: size - 4])) != struct.unpack("<I", bytes(data[size - 4 :]))[0]:
            raise ValueError("reference: CRC-32 does not match")
        if struct.unpack("<HH", bytes(data[4:8])) != (self.n_channels, self.n_cells):
            raise ValueError("reference: made for other channels or dimensions")
        self.array = array("i", bytes(data[8 : size - 4]))

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
        forget("commissioning")
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
        if a[TAIL_STEP]:
            kernel.follow(
                a, self.tails, self.cells, self.n_cells, self.logs, self.floors, stats, self.n_channels, self.length
            )  # fmt: skip
