"""The reference's following, for 32 and 64 bits: plain/follow.py is the specification.

Bounds: edges of a band are Q14 with |edge| <= 2**29, so a width is below 2**30 and an edge moved by three quarters of
it below 2**31; limits are Q24, at most 30 * 2**24 < 2**29, a column's 9,216 * 2**16 < 2**30.
"""

import micropython

from ...layout import (
    BIN_LO,
    BIN_MULT,
    BIN_SHIFT,
    CELL_BASE,
    CELL_MODE,
    CELL_STRIDE,
    FIXED,
    HEAD,
    HI,
    HI0,
    LIMIT_STEP,
    LIMIT_STRIDE,
    LO,
    LO0,
    MAX,
    MIN,
    OUTSIDE,
    Q90,
    Q99,
    REF_HEAD,
    REF_STRIDE,
    RUN,
    STEP,
    STRIDE,
    VALID,
    WIDTH0,
    WIDTH_LOG,
)
from ..tables import LOG2


@micropython.viper
def lay_bins(reference, rat: int):
    ref = ptr32(reference)
    sign = 1
    sign = sign << 31
    table = ptr16(LOG2)
    lo = (ref[rat + LO] ^ sign) - sign
    hi = (ref[rat + HI] ^ sign) - sign
    width = (hi - lo) >> 10
    if width < 16:
        width = 16
    ref[rat + BIN_LO] = ((lo >> 6) - 7 * width + 128) >> 8
    extra = 0
    while width > 16383:
        width >>= 1
        extra += 1
    shift = 0
    mult = 128 // width
    while mult < 4096:
        shift += 1
        mult = (128 << shift) // width
    ref[rat + BIN_MULT] = mult
    ref[rat + BIN_SHIFT] = shift + extra
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
    ref[rat + WIDTH_LOG] = (n << 14) + table[i] + ((table[i + 1] - table[i]) * (f & 255) >> 8)


@micropython.viper
def follow(
    reference, limits: int, cells: ptr16, n_limits: int, logs: ptr32, floors: ptr32, ceilings: ptr32, stats: ptr32,
    n_channels: int, length: int,
):  # fmt: skip
    ref = ptr32(reference)
    sign = 1
    sign = sign << 31
    frozen = 0
    c = 0
    while c < n_channels:
        rat = REF_HEAD + c * REF_STRIDE
        sat = HEAD + c * STRIDE
        if (
            (length - stats[sat + VALID]) * 8 > length
            or stats[sat + OUTSIDE] * 8 > length
            or stats[sat + RUN] >= 3 * length
        ):
            frozen |= 1 << c
        else:
            lo = (ref[rat + LO] ^ sign) - sign
            hi = (ref[rat + HI] ^ sign) - sign
            least = ((stats[sat + MIN] ^ sign) - sign) << 14
            most = ((stats[sat + MAX] ^ sign) - sign) << 14
            hold = 0
            if n_limits < 0:  # HELD or HELD_BAD
                hold = 1
                d = (hi - lo) >> 2
                if n_limits + 1 < 0 and most - d <= hi and least + d >= lo:
                    hold = 0
            if hold != 0:
                d = (ref[rat + LO0] ^ sign) - sign
                if d > lo:
                    d = lo
                if least < d:
                    least = d
                d = (ref[rat + HI0] ^ sign) - sign
                if d < hi:
                    d = hi
                if most > d:
                    most = d
            far = ((hi - lo) >> 2) * 3
            step = ref[rat + STEP]
            if most - far > hi or least + far < lo:
                step >>= 3
            back = step // 20
            if back == 0:
                back = 1
            if hold != 0:
                back = 0
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
                ref[rat + LO] = lo
                ref[rat + HI] = hi
                lay_bins(reference, rat)
        c += 1
    k = 0
    while k < n_limits:
        mode = cells[CELL_STRIDE * k + CELL_MODE]
        skip = 0
        if mode == FIXED or mode == WIDTH0:
            skip = 1
        elif frozen != 0:
            rat = cells[CELL_STRIDE * k + CELL_BASE]
            skip = 1
            if rat != 0:
                skip = (frozen >> ((rat - REF_HEAD) // REF_STRIDE)) & 1
        if skip == 0:
            log = (logs[k] ^ sign) - sign
            at = limits + LIMIT_STRIDE * k + Q99
            slower = 99
            floor = floors[k]
            while slower != 0:
                limit = ref[at]
                step = ref[LIMIT_STEP]
                over = log - (limit >> 10)
                if over > 32768:
                    step >>= 3
                if over > 0:
                    over <<= 10
                    if over > step:
                        over = step
                    limit += over
                else:
                    step = step // slower
                    if step == 0:
                        step = 1
                    limit -= step
                    if limit < floor:
                        limit = floor
                if slower == 99:
                    if limit > ceilings[k]:
                        limit = ceilings[k]
                    ref[at] = limit
                    at += Q90 - Q99
                    slower = 9
                    floor = 0
                else:
                    if limit > ref[at + Q99 - Q90]:
                        limit = ref[at + Q99 - Q90]
                    ref[at] = limit
                    slower = 0
        k += 1
