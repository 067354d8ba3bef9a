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
    DX_N,
    DX_SUM,
    EVERY,
    FOLLOW,
    FOLLOW_LATE,
    HEAD,
    HI,
    HI0,
    LO,
    LO0,
    MISSING,
    OUTSIDE,
    PAIR,
    READY,
    REF_HEAD,
    REF_STRIDE,
    RUN,
    SHARES,
    SINCE,
    STEP,
    STRIDE,
    TAIL_STEP,
    VALID,
    VARIATION,
    WIDTH0_LOG,
    WIDTH_LOG,
)  # fmt: skip

if MICROPYTHON:
    from .kernels import value_viper as kernel
else:
    from .kernels import value_plain as kernel

_MAGIC = b"MGF1"
_SAMPLES = 512  # at most so many values of a quantity are kept while commissioning


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
            self._set_band(at, -8192 << 14, 8192 << 14)
            for i in range(16):
                self.array[at + SHARES + i] = (i + 1) << 11
        self._commissioning = None
        if data is not None:
            self._load(data)
        windows = plan["reference"]["windows"] if commission is None else commission
        if windows:
            self._commissioning = _Commissioning(self, windows)
            self.array[READY] = 0
        else:
            self.array[READY] = 1

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
        for i, value in enumerate(struct.unpack("<%di" % len(self.array), bytes(data[8 : size - 4]))):
            self.array[i] = value

    def _set_band(self, at, lo, hi):
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
        if not self._commissioning.take(ring, stats):
            return False
        self._commissioning = None
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


def _stopped(stats, sat, length):
    """True when a channel's window is missing, invalid or stuck: the rule by which kernels stop following."""
    return (
        (length - stats[sat + VALID]) * 8 > length
        or stats[sat + OUTSIDE] * 8 > length
        or stats[sat + RUN] >= 3 * length
    )


class _Commissioning:
    """Buffers of the first windows. Logarithms are kept in Q10, which int16 holds."""

    def __init__(self, reference, windows):
        self.reference = reference
        self.windows = windows
        self.seen = 0
        self.every = (windows + _SAMPLES - 1) // _SAMPLES
        kept = (windows + self.every - 1) // self.every
        self.kept = 0
        self.room = kept
        self.per_window = max(1, min(_SAMPLES // kept, reference.length))
        n = reference.n_channels
        self.logs = array("h", bytes(2 * reference.n_cells * kept))
        self.samples = [array("h", bytes(2 * kept * self.per_window)) for _ in range(n)]
        self.filled = [0] * n
        self.variation = [array("i", bytes(4 * kept)) for _ in range(n)]
        self.half = 0

    def take(self, ring, stats):
        if self.seen % self.every == 0:
            self._keep(ring, stats)
        self.seen += 1
        if self.seen == (self.windows + 1) // 2:
            self.half = self.kept
            self._levels()
        if self.seen < self.windows:
            return False
        self._levels()
        self._tails()
        return True

    def _keep(self, ring, stats):
        ref = self.reference
        row = self.kept
        for k in range(ref.n_cells):
            log = ref.logs[k]
            self.logs[k * self.room + row] = log >> 4 if log > 0 else 0
        length = ref.length
        head = ring.head()
        for c in range(ref.n_channels):
            buffer = self.samples[c]
            sat = HEAD + c * STRIDE
            if _stopped(stats, sat, length):
                self.variation[c][row] = -1
                continue
            for i in range(self.per_window):
                # spread over the window, another phase each time
                slot = (head + i * length // self.per_window + row * 7) % length
                x = ring.counts[c * length + slot]
                if x != MISSING:
                    buffer[self.filled[c]] = x
                    self.filled[c] += 1
            n = stats[sat + DX_N]
            # Q4: the whole part first, since DX_SUM << 4 may pass 2**30
            total = stats[sat + DX_SUM]
            whole = total // n if n else 0
            self.variation[c][row] = (whole << 4) + ((total - whole * n) << 4) // n if n else -1
        self.kept = row + 1

    def _levels(self):
        """Band, shares and variation of each channel from what is buffered so far."""
        ref = self.reference
        a = ref.array
        for c in range(ref.n_channels):
            x = sorted(self.samples[c][i] for i in range(self.filled[c]))
            at = REF_HEAD + c * REF_STRIDE
            if x:
                n = len(x)
                mid, low, high = x[n // 2], x[n // 20], x[n - 1 - n // 20]
                high = min(x[n - 1 - n // 100], high + 3 * (high - mid)) << 14
                low = max(x[n // 100], low - 3 * (mid - low)) << 14
                ref._set_band(at, low, high)
                self._shares(at, x)
            v = sorted(self.variation[c][i] for i in range(self.kept) if self.variation[c][i] >= 0)
            a[at + VARIATION] = v[len(v) // 2] if v else 0

    def _shares(self, at, x):
        a = self.reference.array
        bins = [0] * 16
        for value in x:
            d = max(0, min(value - a[at + 5], 131071))
            bins[min(d * a[at + 6] >> a[at + 7], 15)] += 1
        held = 0
        for i in range(16):
            held += bins[i]
            a[at + SHARES + i] = ((held << 15) + len(x) // 2) // len(x)

    def _tails(self):
        ref = self.reference
        for k in range(ref.n_cells):
            mode = ref.cells[2 * k]
            if mode != FOLLOW and mode != FOLLOW_LATE:
                continue
            first = self.half if mode == FOLLOW_LATE and self.half < self.kept else 0
            x = sorted(self.logs[k * self.room + i] for i in range(first, self.kept))
            if not x:
                continue
            n = len(x)
            # the buffer is Q10, a tail Q24
            most = max(x[n - 1 - n // 20] << 14, ref.floors[k]) + (1 << 24)
            ref.array[ref.tails + k] = max(min(x[n - 1 - n // 100] << 14, most), ref.floors[k])
