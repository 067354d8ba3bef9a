"""From measures to values, and the reference's following, as specified: see reference.py for the arrays."""

from array import array

from .tables import LOG2, SOFT


def _table(data):
    return array("H", data)


_LOG2 = _table(LOG2)
_SOFT = _table(SOFT)


def log2_q14(m):
    """log2(m) in Q14, within 3.2 units (0.05 of a value); 1 <= m < 2**30."""
    k = 0
    while m >> (k + 1):
        k += 1
    f = ((m << (14 - k)) if k <= 14 else (m >> (k - 14))) - 16384
    i = f >> 8
    return (k << 14) + _LOG2[i] + ((_LOG2[i + 1] - _LOG2[i]) * (f & 255) >> 8)


def value_q8(log, tail):
    """256 * log2(1 + m / t) from the Q14 logarithms of m and t."""
    d = log - tail
    if d >= 163840:
        return (d + 32) >> 6
    if d <= -163840:
        return 0
    d += 163840
    i = d >> 10
    return (_SOFT[i] + ((_SOFT[i + 1] - _SOFT[i]) * (d & 1023) >> 10) + 4) >> 3


def values(ref, tails, cells, measures, logs, starts, members, columns, n_columns):
    """Logarithms of the measures (-1 for 0) and the value of each column, the largest of its cells.

    ``ref``: the reference, tails of the cells from ``tails`` on. ``cells``: int16 pairs, how the tail is kept
    and where the channel's part of the reference begins. ``starts``: int16[n_columns + 1] into ``members``,
    cell indices.
    """
    for j in range(n_columns):
        worst = 0
        for e in range(starts[j], starts[j + 1]):
            k = members[e]
            m = measures[k]
            if m <= 0:
                logs[k] = -1
                continue
            log = log2_q14(min(m, 0x3FFFFFFF))
            logs[k] = log
            mode = cells[2 * k]
            if mode == 2:
                tail = ref[cells[2 * k + 1] + 11]
            elif mode == 3:
                tail = ref[cells[2 * k + 1] + 12]
            else:
                tail = ref[tails + k] >> 10
            worst = max(worst, value_q8(log, tail))
        columns[j] = worst


def lay_bins(ref, rat):
    """Lays the sixteen bins and the width's logarithm over the present band of the channel at ``rat``."""
    lo, hi = ref[rat], ref[rat + 1]
    width = max((hi - lo) >> 10, 16)  # Q4 counts
    ref[rat + 5] = ((lo >> 6) - (width << 3) + 128) >> 8
    extra = shift = 0
    while width > 16383:
        width >>= 1
        extra += 1
    while (128 << shift) // width < 4096:
        shift += 1
    ref[rat + 6] = (128 << shift) // width
    ref[rat + 7] = shift + extra
    ref[rat + 11] = log2_q14(max((hi - lo) >> 6, 256))


def follow(ref, tails, cells, n_cells, logs, floors, stats, n_channels, length):
    """One step of the reference after a window, on its measures alone."""
    frozen = 0
    for c in range(n_channels):
        rat = 4 + c * 29
        sat = 8 + c * 41
        valid = stats[sat]
        if (length - valid) * 8 > length or stats[sat + 22] * 8 > length or stats[sat + 19] >= 3 * length:
            frozen |= 1 << c
            continue
        lo, hi = ref[rat], ref[rat + 1]
        least, most = stats[sat + 1] << 14, stats[sat + 2] << 14
        far = ((hi - lo) >> 2) * 3
        step = ref[rat + 4]
        if most - far > hi or least + far < lo:
            step >>= 3
        back = step // 20 or 1
        if most > hi:
            hi += min(step, most - hi)
        else:
            hi -= min(back, hi - most)
        if least < lo:
            lo -= min(step, lo - least)
        else:
            lo += min(back, least - lo)
        if hi - lo >= 16384:
            ref[rat], ref[rat + 1] = lo, hi
            lay_bins(ref, rat)
    for k in range(n_cells):
        mode = cells[2 * k]
        if mode != 0 and mode != 4:
            continue
        rat = cells[2 * k + 1]
        if rat and frozen >> ((rat - 4) // 29) & 1:
            continue
        tail = ref[tails + k]
        step = ref[1]
        over = logs[k] - (tail >> 10)
        if over > 32768:
            step >>= 3
        if over > 0:
            ref[tails + k] = tail + min(step, over << 10)
        else:
            ref[tails + k] = max(tail - (step // 20 or 1), floors[k])
