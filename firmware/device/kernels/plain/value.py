"""From measures to values, as specified: see layout.py for the arrays."""

from array import array

from ...layout import (
    CELL_BASE,
    CELL_MODE,
    CELL_STRIDE,
    COUNT_IN_WIDTHS,
    FIXED,
    FOLLOW_REGIME,
    LEAST_COLUMN_DECADE,
    LEAST_DECADE,
    LIMIT_STRIDE,
    Q90,
    Q99,
    RARITY_DECADE,
    RARITY_MOST,
    RARITY_ZERO,
    RISE,
    WIDTH,
    WIDTH0,
    WIDTH0_LOG,
    WIDTH_LOG,
    WIDTH_ONE,
)
from ..tables import LOG2, SOFT


def _table(data):
    return array("H", data)


_LOG2 = _table(LOG2)
_SOFT = _table(SOFT)


def log2_q14(m):
    """log2(m) in Q14, within 3.2 units; 1 <= m < 2**30."""
    k = 0
    while m >> (k + 1):
        k += 1
    f = ((m << (14 - k)) if k <= 14 else (m >> (k - 14))) - 16384
    i = f >> 8
    return (k << 14) + _LOG2[i] + ((_LOG2[i + 1] - _LOG2[i]) * (f & 255) >> 8)


def soft_q11(d):
    """log2(1 + 2**d), Q11, of d in Q14."""
    if d >= 163840:
        return (d + 4) >> 3
    if d <= -163840:
        return 0
    d += 163840
    i = d >> 10
    return _SOFT[i] + ((_SOFT[i + 1] - _SOFT[i]) * (d & 1023) >> 10)


def rarity(log, q99, q90, unit):
    """RARITY_ZERO + 256 * (1 + (L(m) - 1) / (1 - L(q90))), L(x) = log2(1 + x / q99), at least 1.

    Q14 logarithms: ``log`` of the measure m, -1 for 0; ``unit`` of what it can resolve, u. The divisor is a decade's
    octaves, at least 0.29 and log2(1 + u / (2 * q99)). Above RARITY_MOST + RARITY_ZERO it saturates.
    """
    loud = soft_q11(log - q99) if log >= 0 else 0
    decade = max(2048 - soft_q11(q90 - q99), soft_q11(unit - 16384 - q99), LEAST_DECADE)
    return min((loud - 2048 + 5 * decade) * RARITY_DECADE // decade, RARITY_MOST + RARITY_ZERO)


def values(ref, limits, cells, floors, measures, logs, starts, members, worst_of, columns, n_columns):
    """Logarithms of the measures (-1 for 0), worst rarities behind them, and the value of each column.

    ``ref``: the reference, limits of the cells and then of the columns from ``limits`` on. ``floors``: log2 of each
    cell's unit, Q24. ``starts``: int16[n_columns + 1] into ``members``, cell indices. ``worst_of``: int16[n_columns],
    the limits of a column that is calibrated once more, since the worst of eight cells exceeds its limit more often
    than one; 0: it is not.
    """
    for j in range(n_columns):
        worst = 0
        for e in range(starts[j], starts[j + 1]):
            k = members[e]
            mode = cells[CELL_STRIDE * k + CELL_MODE]
            base = cells[CELL_STRIDE * k + CELL_BASE]
            q99 = ref[limits + LIMIT_STRIDE * k + Q99] >> 10
            q90 = ref[limits + LIMIT_STRIDE * k + Q90] >> 10
            unit = floors[k] >> 10
            m = measures[k]
            log = log2_q14(min(m, 0x3FFFFFFF)) if m > 0 else -1
            if mode == WIDTH:
                width = ref[base + WIDTH_LOG]
                if log >= 0:
                    log = max(log - width + WIDTH_ONE, 0)
                unit = max(unit, COUNT_IN_WIDTHS - width)
                q99 = max(q99, unit)
            elif mode == FOLLOW_REGIME:
                q99 += ref[RISE] >> 10
                unit = 0
            elif mode == WIDTH0:
                q99 = ref[base + WIDTH0_LOG]
            if mode == FIXED or mode == WIDTH0:
                loud = soft_q11(log - q99) if log >= 0 else 0
                rare = min(((loud + 4) >> 3) + RARITY_ZERO, RARITY_MOST + RARITY_ZERO)
            else:
                rare = rarity(log, q99, q90, unit)
            logs[k] = log
            worst = max(worst, rare)
        k = worst_of[j]
        if k:
            logs[k] = worst << 6
            q99 = ref[limits + LIMIT_STRIDE * k + Q99] >> 10
            decade = max(q99 - (ref[limits + LIMIT_STRIDE * k + Q90] >> 10), LEAST_COLUMN_DECADE)
            above = (worst << 6) - q99 + decade
            columns[j] = min(above * RARITY_DECADE // decade, RARITY_MOST) if above > 0 else 0
        else:
            columns[j] = max(worst - RARITY_ZERO, 0)
