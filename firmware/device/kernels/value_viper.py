"""From measures to values, and the reference's following, for 32 and 64 bits: value_plain.py is the specification.

Bounds: logarithms are Q14, at most 30 * 2**14; tails Q24, at most 30 * 2**24 < 2**29; edges of a band Q14 with
|edge| <= 2**29, so a width is below 2**30 and an edge moved by three quarters of it below 2**31.
"""

import micropython

from .tables import LOG2 as LOG2_TABLE
from .tables import SOFT as SOFT_TABLE


@micropython.viper
def values(
    ref: ptr32, tails: int, cells: ptr16, measures: ptr32, logs: ptr32, starts: ptr16, members: ptr16, columns: ptr16,
    n_columns: int,
):  # fmt: skip
    table = ptr16(LOG2_TABLE)
    soft = ptr16(SOFT_TABLE)
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
                mode = cells[2 * k]
                if mode == 2:
                    d = log - ref[cells[2 * k + 1] + 11]
                elif mode == 3:
                    d = log - ref[cells[2 * k + 1] + 12]
                else:
                    d = log - (ref[tails + k] >> 10)
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


@micropython.viper
def lay_bins(reference, rat: int):
    ref = ptr32(reference)
    sign = 1
    sign = sign << 31
    table = ptr16(LOG2_TABLE)
    lo = (ref[rat] ^ sign) - sign
    hi = (ref[rat + 1] ^ sign) - sign
    width = (hi - lo) >> 10
    if width < 16:
        width = 16
    ref[rat + 5] = ((lo >> 6) - (width << 3) + 128) >> 8
    extra = 0
    while width > 16383:
        width >>= 1
        extra += 1
    shift = 0
    mult = 128 // width
    while mult < 4096:
        shift += 1
        mult = (128 << shift) // width
    ref[rat + 6] = mult
    ref[rat + 7] = shift + extra
    f = (hi - lo) >> 6
    if f < 256:
        f = 256
    n = 14
    while f >> 15:
        f >>= 1
        n += 1
    while f < 16384:
        f <<= 1
        n -= 1
    f -= 16384
    i = f >> 8
    ref[rat + 11] = (n << 14) + table[i] + ((table[i + 1] - table[i]) * (f & 255) >> 8)


@micropython.viper
def follow(
    reference, tails: int, cells: ptr16, n_cells: int, logs: ptr32, floors: ptr32, stats: ptr32, n_channels: int,
    length: int,
):  # fmt: skip
    ref = ptr32(reference)
    sign = 1
    sign = sign << 31
    frozen = 0
    c = 0
    while c < n_channels:
        rat = 4 + c * 29
        sat = 8 + c * 41
        if (length - stats[sat]) * 8 > length or stats[sat + 22] * 8 > length or stats[sat + 19] >= 3 * length:
            frozen |= 1 << c
        else:
            lo = (ref[rat] ^ sign) - sign
            hi = (ref[rat + 1] ^ sign) - sign
            least = ((stats[sat + 1] ^ sign) - sign) << 14
            most = ((stats[sat + 2] ^ sign) - sign) << 14
            far = ((hi - lo) >> 2) * 3
            step = ref[rat + 4]
            if most - far > hi or least + far < lo:
                step >>= 3
            back = step // 20
            if back == 0:
                back = 1
            if most > hi:
                d = most - hi
                if d > step:
                    d = step
                hi += d
            else:
                d = hi - most
                if d > back:
                    d = back
                hi -= d
            if least < lo:
                d = lo - least
                if d > step:
                    d = step
                lo -= d
            else:
                d = least - lo
                if d > back:
                    d = back
                lo += d
            if hi - lo >= 16384:
                ref[rat] = lo
                ref[rat + 1] = hi
                lay_bins(reference, rat)
        c += 1
    k = 0
    while k < n_cells:
        mode = cells[2 * k]
        if mode == 0 or mode == 4:
            rat = cells[2 * k + 1]
            skip = 0
            if rat != 0:
                skip = (frozen >> ((rat - 4) // 29)) & 1
            if skip == 0:
                tail = ref[tails + k]
                step = ref[1]
                over = ((logs[k] ^ sign) - sign) - (tail >> 10)
                if over > 32768:
                    step >>= 3
                if over > 0:
                    over <<= 10
                    if over > step:
                        over = step
                    ref[tails + k] = tail + over
                else:
                    step = step // 20
                    if step == 0:
                        step = 1
                    tail -= step
                    if tail < floors[k]:
                        tail = floors[k]
                    ref[tails + k] = tail
        k += 1
