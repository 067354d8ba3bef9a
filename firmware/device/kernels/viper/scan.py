"""One scan of a window, for 32 and 64 bits: plain/scan.py is its specification.

Bounds: counts are int16, length <= 1024, so |sums| <= 2**25, of |dx| 2**26, of the spike measure 2**27; dx << 14,
gain * y and (bin distance <= 131071) * (mult <= 8191) < 2**30. One loop: a call would cost more than it would share."""

import micropython

from ...layout import (
    ABSENT,
    ABSENTS,
    BACKWARD,
    BACKWARDS_BIT,
    BIN_COUNT,
    BIN_LO,
    BIN_MULT,
    BIN_SHIFT,
    BINS,
    BOUND_HIGH,
    BOUND_LOW,
    CARRY_RUN,
    CARRY_VALUE,
    DISTINCT,
    DUPLICATE_BIT,
    DUPLICATES,
    DX_BITS,
    DX_N,
    DX_SUM,
    LATE_SUM,
    LENGTH,
    LONGEST_RUN,
    MAX,
    MIN,
    MISSING_BITS,
    OUTSIDE,
    PAIR_N,
    QUARTER_SUM,
    QUARTER_VALID,
    RAIL_HIGH,
    RAIL_LOW,
    RAILED,
    RATE_MAX,
    READ_BINS,
    READ_BITS,
    READ_DISTINCT,
    READ_RATE,
    READ_SPIKE,
    RESIDUAL_SUM,
    RUN,
    SEQ_GAP_BIT,
    SEQ_GAPS,
    SPIKE_MAX,
    SPIKE_N,
    SPIKE_SUM,
    STRIDE,
    SUM,
    VALID,
)


@micropython.viper
def scan_slots(slots: ptr16, late_at: int, head: int, length: int, stats: ptr32):
    absent = 0
    duplicates = 0
    backwards = 0
    gaps = 0
    late_sum = 0
    j = late_at
    end = late_at + length
    while j < end:
        late = slots[j]
        if late != 0:
            late = (late ^ 0x8000) - 0x8000
            if late < 0:
                late = 0 - late
            late_sum += late
        flags = slots[j + length]
        if flags != 0:
            absent += flags & ABSENT
            duplicates += (flags >> DUPLICATE_BIT) & 1
            backwards += (flags >> BACKWARDS_BIT) & 1
            gaps += (flags >> SEQ_GAP_BIT) & 1
        j += 1
    stats[LENGTH] = length
    stats[ABSENTS] = absent
    stats[DUPLICATES] = duplicates
    stats[BACKWARD] = backwards
    stats[SEQ_GAPS] = gaps
    stats[LATE_SUM] = late_sum


@micropython.viper
def scan_channel(
    slots: ptr16,
    at: int,
    late_at: int,
    head: int,
    length: int,
    bounds: ptr16,
    bat: int,
    ref: ptr32,
    rat: int,
    table,
    carry: ptr32,
    cat: int,
    hop: int,
    stats: ptr32,
    sat: int,
    reads: int,
):
    sign = 1
    sign = sign << 31
    low = (bounds[bat + BOUND_LOW] ^ 0x8000) - 0x8000
    high = (bounds[bat + BOUND_HIGH] ^ 0x8000) - 0x8000
    rail_low = (bounds[bat + RAIL_LOW] ^ 0x8000) - 0x8000
    rail_high = (bounds[bat + RAIL_HIGH] ^ 0x8000) - 0x8000
    bin_lo = (ref[rat + BIN_LO] ^ sign) - sign
    bin_mult = ref[rat + BIN_MULT]
    bin_shift = ref[rat + BIN_SHIFT]
    k = 0
    while k < STRIDE:
        stats[sat + k] = 0
        k += 1
    mask = int(len(table)) - 1
    seen = ptr16(table)
    if reads & READ_DISTINCT != 0:
        k = 0
        while k <= mask:
            seen[k] = MISSING_BITS
            k += 1
    valid = 0
    total = 0
    dx_n = 0
    dx_sum = 0
    dx_bits = 0
    rate_max = 0
    spike_n = 0
    spike_sum = 0
    spike_max = 0
    run = 0
    longest = 0
    distinct = 0
    railed = 0
    outside = 0
    fresh = 0
    least = 32767
    most = -32767
    whole = 1
    before = 0
    x0 = 0
    x1 = 0
    value = 0
    stale = length - hop
    quarter = 0
    bound = (length + 3) >> 2
    part = 0
    part_n = 0
    j = head
    i = 0
    while i < length:
        if i == bound:
            stats[sat + QUARTER_SUM + quarter] = part
            stats[sat + QUARTER_VALID + quarter] = part_n
            total += part
            valid += part_n
            part = 0
            part_n = 0
            quarter += 1
            bound = ((quarter + 1) * length + 3) >> 2
        raw = slots[at + j]
        if raw == MISSING_BITS:
            before = 0
        else:
            x = (raw ^ 0x8000) - 0x8000
            part += x
            part_n += 1
            if x < least:
                least = x
            if x > most:
                most = x
            if i >= stale:
                fresh += 1
            if x < low or x > high:
                outside += 1
            if x <= rail_low or x >= rail_high:
                railed += 1
            if run != 0 and x == value:
                run += 1
            else:
                if run != 0:
                    whole = 0
                run = 1
                value = x
                if reads & READ_DISTINCT != 0:
                    key = raw % mask
                    held = seen[key]
                    while held != MISSING_BITS and held != raw:
                        key = (key + 1) & mask
                        held = seen[key]
                    if held == MISSING_BITS:
                        seen[key] = raw
                        distinct += 1
            if run > longest:
                longest = run
            if reads & READ_BINS != 0:
                d = x - bin_lo
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
            if before != 0:
                dx = x - x1
                if dx < 0:
                    dx = 0 - dx
                dx_n += 1
                dx_sum += dx
                if reads & READ_BITS != 0:
                    d = dx
                    if d > 255:
                        dx_bits += 8
                        d >>= 8
                    if d > 15:
                        dx_bits += 4
                        d >>= 4
                    if d > 3:
                        dx_bits += 2
                        d >>= 2
                    if d > 1:
                        dx_bits += 2
                    else:
                        dx_bits += d
                if reads & READ_RATE != 0:
                    late = slots[late_at + j]
                    if late == 0:
                        if dx << 8 > rate_max:
                            rate_max = dx << 8
                    elif late != 0x8000:
                        per = (32768 + ((late ^ 0x8000) - 0x8000)) >> 1
                        if per == 0:
                            per = 1
                        dx = dx << 14
                        d = dx // per
                        dx = ((dx - d * per) << 8) // per
                        if d > 0x1FFFFF:
                            d = 0x1FFFFF
                        d = (d << 8) + dx
                        if d > rate_max:
                            rate_max = d
                if before > 1 and reads & READ_SPIKE != 0:
                    d = 2 * x1 - x0 - x
                    if d < 0:
                        d = 0 - d
                    spike_n += 1
                    spike_sum += d
                    if d > spike_max:
                        spike_max = d
            before += 1
            x0 = x1
            x1 = x
        j += 1
        if j == length:
            j = 0
        i += 1
    stats[sat + QUARTER_SUM + quarter] = part
    stats[sat + QUARTER_VALID + quarter] = part_n
    total += part
    valid += part_n
    if valid != 0:
        if whole != 0 and carry[cat + CARRY_RUN] != 0:
            if (carry[cat + CARRY_VALUE] ^ sign) - sign == value:
                run = carry[cat + CARRY_RUN] + fresh
                if run > LONGEST_RUN:
                    run = LONGEST_RUN
        carry[cat + CARRY_RUN] = run
        carry[cat + CARRY_VALUE] = value
        if run > longest:
            longest = run
    else:
        least = 0
        most = 0
    stats[sat + VALID] = valid
    stats[sat + MIN] = least
    stats[sat + MAX] = most
    stats[sat + SUM] = total
    stats[sat + DX_N] = dx_n
    stats[sat + DX_SUM] = dx_sum
    stats[sat + DX_BITS] = dx_bits
    stats[sat + RATE_MAX] = rate_max
    stats[sat + SPIKE_N] = spike_n
    stats[sat + SPIKE_SUM] = spike_sum
    stats[sat + SPIKE_MAX] = spike_max
    stats[sat + RUN] = longest
    stats[sat + DISTINCT] = distinct
    stats[sat + RAILED] = railed
    stats[sat + OUTSIDE] = outside


@micropython.viper
def scan_pair(slots: ptr16, at: int, other: int, length: int, gain: int, stats: ptr32, sat: int):
    n = 0
    total = 0
    j = 0
    while j < length:
        x = slots[at + j]
        y = slots[other + j]
        if x != MISSING_BITS and y != MISSING_BITS:
            n += 1
            total += ((x ^ 0x8000) - 0x8000) - (gain * ((y ^ 0x8000) - 0x8000) >> 12)
        j += 1
    mean = 0
    if n != 0:
        mean = (2 * total + n) // (2 * n)
    away = 0
    j = 0
    while j < length:
        x = slots[at + j]
        y = slots[other + j]
        if x != MISSING_BITS and y != MISSING_BITS:
            d = ((x ^ 0x8000) - 0x8000) - (gain * ((y ^ 0x8000) - 0x8000) >> 12) - mean
            if d < 0:
                d = 0 - d
            away += d
        j += 1
    stats[sat + PAIR_N] = n
    stats[sat + RESIDUAL_SUM] = away
