"""From measures to values, for 32 and 64 bits: plain/value.py is the specification.

Bounds: logarithms are Q14, at most 30 * 2**14; limits Q24, at most 30 * 2**24 < 2**29.
"""

import micropython

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


@micropython.viper
def values(
    ref: ptr32, limits: int, cells: ptr16, measures: ptr32, logs: ptr32, starts: ptr16, members: ptr16, columns: ptr16,
    n_columns: int,
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
            m = measures[k]
            if m == 0 or m & (top << 1):
                logs[k] = -1
            else:
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
                logs[k] = log
                mode = cells[CELL_STRIDE * k + CELL_MODE]
                if mode == WIDTH:
                    d = log - ref[cells[CELL_STRIDE * k + CELL_BASE] + WIDTH_LOG]
                elif mode == WIDTH0:
                    d = log - ref[cells[CELL_STRIDE * k + CELL_BASE] + WIDTH0_LOG]
                else:
                    d = log - (ref[limits + k] >> 10)
                if d >= 163840:
                    d = (d + 32) >> 6
                elif d <= -163840:
                    d = 0
                else:
                    d += 163840
                    i = d >> 10
                    d = (soft[i] + ((soft[i + 1] - soft[i]) * (d & 1023) >> 10) + 4) >> 3
                if d > worst:
                    worst = d
            e += 1
        columns[j] = worst
        j += 1
