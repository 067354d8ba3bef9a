"""Signatures of windows and their distances, for 32 and 64 bits: plain/regimes.py is the specification.

Bounds: a sum of n counts plus 2**15 each is at most 2**26 for 1,024 slots, Q4 2**30 - 16; ways are Q4, below 2**21; a
quotient's dividend is below 2**14 * 2**4 * 2**11 = 2**29; distances are at most 2**16 * 672 < 2**26, a radius at most
2**22.
"""

import micropython

from ...layout import (
    BIN_COUNT,
    BINS,
    DX_BITS,
    DX_N,
    DX_SUM,
    FIRST_SEEN,
    HEAD,
    HI,
    LO,
    QUARTER_SUM,
    QUARTER_VALID,
    RADIUS,
    REF_HEAD,
    REF_STRIDE,
    REGIME_STRIDE,
    SHARES,
    SIGNATURE_QUARTERS,
    SIGNATURE_SHARES,
    SIGNATURE_STEP,
    SIGNATURE_STRIDE,
    STRIDE,
    SUM,
    VALID,
    VARIATION,
    WIDTH_LOG,
)


@micropython.viper
def sign(stats: ptr32, ref: ptr32, n_channels: int, out: ptr16):
    top = 1
    top = top << 31
    octaves = 0
    c = 0
    while c < n_channels:
        sat = HEAD + c * STRIDE
        rat = REF_HEAD + c * REF_STRIDE
        at = c * SIGNATURE_STRIDE
        n = stats[sat + VALID]
        lo = ((ref[rat + LO] ^ top) - top) >> 10
        width = (((ref[rat + HI] ^ top) - top) >> 10) - lo
        if width < 16:
            width = 16
        extra = 0
        while width > 16383:
            width >>= 1
            extra += 1
        held = 0
        k = 0
        while k < BIN_COUNT:
            if n != 0:
                held += stats[sat + BINS + k]
                out[at + SIGNATURE_SHARES + k] = (held << 6) // n
            else:
                out[at + SIGNATURE_SHARES + k] = ref[rat + SHARES + k] >> 5
            k += 1
        if n != 0:
            mean = ((((stats[sat + SUM] ^ top) - top) + (n << 15)) << 4) // n - (1 << 19) - lo
        else:
            mean = width << extra >> 1
        k = 0
        while k < 5:
            if k < 4:
                n = stats[sat + QUARTER_VALID + k]
                way = mean
                if n != 0:
                    way = ((((stats[sat + QUARTER_SUM + k] ^ top) - top) + (n << 15)) << 4) // n - (1 << 19) - lo
                here = at + SIGNATURE_QUARTERS + k
            else:
                n = stats[sat + DX_N]
                if n != 0:
                    total = stats[sat + DX_SUM]
                    whole = total // n
                    way = (whole << 4) + ((total - whole * n) << 4) // n
                    octaves = (stats[sat + DX_BITS] << 14) // n
                else:
                    way = ref[rat + VARIATION]
                    octaves = 0
                    whole = way >> 4
                    while whole != 0:
                        whole >>= 1
                        octaves += 1 << 14
                octaves += (8 << 14) - ref[rat + WIDTH_LOG]
                if way > 1 << 20:
                    way = 1 << 20
                way <<= 2
                here = at + SIGNATURE_STEP
            minus = 0
            if way < 0:
                minus = 1
                way = 0 - way
            way >>= extra
            if way >= width << 4:
                way = 32767
            else:
                way = (way << 11) // width
                if way > 32767:
                    way = 32767
            if minus:
                way = 0 - way
            if k == 4:
                way += octaves >> 6
                if way > 32767:
                    way = 32767
            out[here] = way
            k += 1
        c += 1


@micropython.viper
def distance(x: ptr16, x_at: int, y: ptr16, y_at: int, size: int) -> int:
    total = 0
    i = 0
    while i < size:
        d = (x[x_at + i] ^ 0x8000) - (y[y_at + i] ^ 0x8000)
        if d < 0:
            d = 0 - d
        total += d
        i += 1
    return total


@micropython.viper
def nearest(ref: ptr32, table: int, signature: ptr16, prototypes: ptr16, size: int, count: int, found: ptr32):
    sign = 1
    sign = sign << 31
    none = 0 - 1
    near = none
    known = none
    near_ratio = 0
    known_ratio = 0
    r = 0
    at = 0
    while r < count:
        away = 0
        i = 0
        while i < size:
            d = (signature[i] ^ 0x8000) - (prototypes[at] ^ 0x8000)
            if d < 0:
                d = 0 - d
            away += d
            i += 1
            at += 1
        radius = ref[table + REGIME_STRIDE * r + RADIUS]
        whole = away // radius
        ratio = (whole << 8) + ((away - whole * radius) << 8) // radius
        if near < 0 or ratio < near_ratio:
            near = r
            near_ratio = ratio
        if (ref[table + REGIME_STRIDE * r + FIRST_SEEN] ^ sign) - sign < 0:
            if known < 0 or ratio < known_ratio:
                known = r
                known_ratio = ratio
        r += 1
    found[0] = near
    found[1] = near_ratio
    found[2] = known
    found[3] = known_ratio


@micropython.viper
def blend(prototypes: ptr16, at: int, signature: ptr16, size: int, shift: int):
    i = 0
    while i < size:
        old = (prototypes[at + i] ^ 0x8000) - 0x8000
        new = (signature[i] ^ 0x8000) - 0x8000
        prototypes[at + i] = old + ((new - old) >> shift)
        i += 1
