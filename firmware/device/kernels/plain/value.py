"""From measures to values, as specified: see layout.py for the arrays."""

from array import array

from ...layout import (
    CELL_BASE,
    CELL_MODE,
    CELL_STRIDE,
    WIDTH,
    WIDTH0,
    WIDTH0_LOG,
    WIDTH_LOG,
)
from ..tables import LOG2, SOFT


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


def value_q8(log, limit):
    """256 * log2(1 + m / t) from the Q14 logarithms of m and t."""
    d = log - limit
    if d >= 163840:
        return (d + 32) >> 6
    if d <= -163840:
        return 0
    d += 163840
    i = d >> 10
    return (_SOFT[i] + ((_SOFT[i + 1] - _SOFT[i]) * (d & 1023) >> 10) + 4) >> 3


def values(ref, limits, cells, measures, logs, starts, members, columns, n_columns):
    """Logarithms of the measures (-1 for 0) and the value of each column, the largest of its cells.

    ``ref``: the reference, limits of the cells from ``limits`` on. ``cells``: int16[n_cells * CELL_STRIDE].
    ``starts``: int16[n_columns + 1] into ``members``,
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
            mode = cells[CELL_STRIDE * k + CELL_MODE]
            if mode == WIDTH:
                limit = ref[cells[CELL_STRIDE * k + CELL_BASE] + WIDTH_LOG]
            elif mode == WIDTH0:
                limit = ref[cells[CELL_STRIDE * k + CELL_BASE] + WIDTH0_LOG]
            else:
                limit = ref[limits + k] >> 10
            worst = max(worst, value_q8(log, limit))
        columns[j] = worst
