"""Statistics of a window as another reference would have them, for 32 and 64 bits: plain/rebin.py is the
specification."""

import micropython

from ...layout import BIN_COUNT, BIN_LO, BIN_MULT, BIN_SHIFT, BINS, MISSING_BITS


@micropython.viper
def copy(there: ptr32, here: ptr32, n: int):
    i = 0
    while i < n:
        there[i] = here[i]
        i += 1


@micropython.viper
def rebin(slots: ptr16, at: int, length: int, ref: ptr32, rat: int, stats: ptr32, sat: int):
    sign = 1
    sign = sign << 31
    bin_lo = (ref[rat + BIN_LO] ^ sign) - sign
    bin_mult = ref[rat + BIN_MULT]
    bin_shift = ref[rat + BIN_SHIFT]
    k = 0
    while k < BIN_COUNT:
        stats[sat + BINS + k] = 0
        k += 1
    j = at
    end = at + length
    while j < end:
        raw = slots[j]
        if raw != MISSING_BITS:
            d = (raw ^ 0x8000) - 0x8000 - bin_lo
            if d < 0:
                d = 0
            elif d > 131071:
                d = 131071
            d = d * bin_mult >> (bin_shift - 4)
            if d > BIN_COUNT - 1 << 4:
                d = BIN_COUNT - 1 << 4
            held = sat + BINS + (d >> 4)
            d &= 15
            stats[held] += 16 - d
            if d != 0:
                held += 1
                stats[held] += d
        j += 1
