"""Statistics of a window as another reference would have them, as specified: all but the histograms are the same."""

from ...layout import BIN_COUNT, BIN_LO, BIN_MULT, BIN_SHIFT, BINS, MISSING


def copy(there, here, n):
    """The first ``n`` numbers, int32."""
    for i in range(n):
        there[i] = here[i]


def rebin(slots, at, length, ref, rat, stats, sat):
    """Lays one channel's histogram anew over the bins of the reference ``ref``: its slots begin at ``at``, its part of
    the reference at ``rat``, its statistics at ``sat``. Bounds as in scan.py."""
    bin_lo, bin_mult, bin_shift = ref[rat + BIN_LO], ref[rat + BIN_MULT], ref[rat + BIN_SHIFT]
    for k in range(BIN_COUNT):
        stats[sat + BINS + k] = 0
    for j in range(length):
        x = slots[at + j]
        if x == MISSING:
            continue
        d = min(max(x - bin_lo, 0), 131071)
        d = min(d * bin_mult >> bin_shift - 4, BIN_COUNT - 1 << 4)
        held = sat + BINS + (d >> 4)
        d &= 15
        stats[held] += 16 - d
        if d:
            held += 1
            stats[held] += d
