"""From measures to values, for 32 and 64 bits: plain/value.py is the specification.

Bounds: logarithms are Q14, at most 30 * 2**14, in widths at most 44 * 2**14; limits Q24, at most 30 * 2**24 < 2**29; a
rarity's dividend is at most (45 * 2**11 + 5 * 2**11) * 2**8 < 2**25, a column's 2**20 * 2**8.
"""

import micropython

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


@micropython.viper
def values(
    ref: ptr32, limits: int, cells: ptr16, floors: ptr32, measures: ptr32, logs: ptr32, starts: ptr16, members: ptr16,
    worst_of: ptr16, columns: ptr16, n_columns: int,
):  # fmt: skip
    table = ptr16(LOG2)
    soft = ptr16(SOFT)
    top = 1
    top = top << 30
    j = 0
    e = 0
    while j < n_columns:
        worst = 0
        end = starts[j + 1]
        while e < end:
            k = members[e]
            mode = cells[CELL_STRIDE * k + CELL_MODE]
            base = cells[CELL_STRIDE * k + CELL_BASE]
            q99 = ref[limits + LIMIT_STRIDE * k + Q99] >> 10
            q90 = ref[limits + LIMIT_STRIDE * k + Q90] >> 10
            unit = floors[k] >> 10
            m = measures[k]
            log = 0 - 1
            if m != 0 and m & (top << 1) == 0:
                if m >= top:
                    m = top - 1
                n = 0
                f = m
                if f >> 15:
                    while f >> 15:
                        f >>= 1
                        n += 1
                    n += 14
                else:
                    n = 14
                    while f < 16384:
                        f <<= 1
                        n -= 1
                f -= 16384
                i = f >> 8
                log = (n << 14) + table[i] + ((table[i + 1] - table[i]) * (f & 255) >> 8)
            if mode == WIDTH:
                width = ref[base + WIDTH_LOG]
                if log >= 0:
                    log = log - width + WIDTH_ONE
                    if log < 0:
                        log = 0
                if COUNT_IN_WIDTHS - width > unit:
                    unit = COUNT_IN_WIDTHS - width
                if q99 < unit:
                    q99 = unit
            elif mode == FOLLOW_REGIME:
                q99 += ref[RISE] >> 10
                unit = 0
            elif mode == WIDTH0:
                q99 = ref[base + WIDTH0_LOG]
            logs[k] = log
            # three of log2(1 + 2**d): of the measure, of q90 and of half a unit, each against q99
            loud = 0
            decade = LEAST_DECADE
            turn = 0
            while turn < 3:
                if turn == 0:
                    d = log - q99
                    if log < 0:
                        d = 0 - 163840
                elif turn == 1:
                    d = q90 - q99
                else:
                    d = unit - 16384 - q99
                if d >= 163840:
                    d = (d + 4) >> 3
                elif d <= -163840:
                    d = 0
                else:
                    d += 163840
                    i = d >> 10
                    d = soft[i] + ((soft[i + 1] - soft[i]) * (d & 1023) >> 10)
                if turn == 0:
                    loud = d
                    if mode == FIXED or mode == WIDTH0:
                        turn = 3
                else:
                    if turn == 1:
                        d = 2048 - d
                    if d > decade:
                        decade = d
                turn += 1
            if mode == FIXED or mode == WIDTH0:
                rare = ((loud + 4) >> 3) + RARITY_ZERO
            else:
                rare = (loud - 2048 + 5 * decade) * RARITY_DECADE // decade
            if rare > RARITY_MOST + RARITY_ZERO:
                rare = RARITY_MOST + RARITY_ZERO
            if rare > worst:
                worst = rare
            e += 1
        k = worst_of[j]
        if k != 0:
            logs[k] = worst << 6
            q99 = ref[limits + LIMIT_STRIDE * k + Q99] >> 10
            decade = q99 - (ref[limits + LIMIT_STRIDE * k + Q90] >> 10)
            if decade < LEAST_COLUMN_DECADE:
                decade = LEAST_COLUMN_DECADE
            d = (worst << 6) - q99 + decade
            if d <= 0:
                d = 0
            else:
                d = d * RARITY_DECADE // decade
                if d > RARITY_MOST:
                    d = RARITY_MOST
            columns[j] = d
        else:
            d = worst - RARITY_ZERO
            if d < 0:
                d = 0
            columns[j] = d
        j += 1
