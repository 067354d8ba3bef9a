"""One scan of a window, as specified: see layout.py for the statistics.

``bounds`` is int16[n_channels * BOUND_STRIDE]. ``table`` is int16[a power of
two, at least twice the length], scratch for distinct values. ``carry`` is int32[n_channels * CARRY_STRIDE]: the run at
the end of the window before, and its value.
"""

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
    MISSING,
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


def scan_slots(slots, late_at, head, length, stats):
    """Fills the window's own statistics from lateness and flags."""
    absent = duplicates = backwards = gaps = late_sum = 0
    for j in range(length):
        late = abs(slots[late_at + j])
        flags = slots[late_at + length + j]
        absent += flags & ABSENT
        duplicates += (flags >> DUPLICATE_BIT) & 1
        backwards += (flags >> BACKWARDS_BIT) & 1
        gaps += (flags >> SEQ_GAP_BIT) & 1
        late_sum += late
    stats[LENGTH] = length
    stats[ABSENTS] = absent
    stats[DUPLICATES] = duplicates
    stats[BACKWARD] = backwards
    stats[SEQ_GAPS] = gaps
    stats[LATE_SUM] = late_sum


def bits(dx):
    """How many bits ``dx``, at least 0, has."""
    n = 0
    while dx >> n:
        n += 1
    return n


def rate_q8(dx, late):
    """|dx| per elapsed period, Q8: dx / (1 + late / 2**15), at most 2**29; dx <= 65534, late > -32768."""
    if late == 0:
        return dx << 8
    per = (32768 + late) >> 1
    if per == 0:
        per = 1
    scaled = dx << 14
    whole = scaled // per
    rest = scaled - whole * per
    return (min(whole, 0x1FFFFF) << 8) + (rest << 8) // per


def scan_channel(slots, at, late_at, head, length, bounds, bat, ref, rat, table, carry, cat, hop, stats, sat, reads):
    """Fills one channel's statistics; its slots begin at ``at``, its statistics at ``sat``. ``reads``: which
    parts of them are wanted, READ_BINS and so on."""
    low, high, rail_low, rail_high = (
        bounds[bat + BOUND_LOW],
        bounds[bat + BOUND_HIGH],
        bounds[bat + RAIL_LOW],
        bounds[bat + RAIL_HIGH],
    )
    bin_lo, bin_mult, bin_shift = ref[rat + BIN_LO], ref[rat + BIN_MULT], ref[rat + BIN_SHIFT]
    for k in range(STRIDE):
        stats[sat + k] = 0
    mask = len(table) - 1
    for k in range(mask + 1 if reads & READ_DISTINCT else 0):
        table[k] = MISSING
    valid = total = dx_n = dx_sum = dx_bits = rate_max = spike_n = spike_sum = spike_max = 0
    run = longest = distinct = railed = outside = fresh = 0
    least, most = 32767, -32767
    whole = 1
    before = x0 = x1 = 0  # how many valid neighbours stand before, and what they hold
    value = 0
    for i in range(length):
        j = (head + i) % length
        x = slots[at + j]
        if x == MISSING:
            before = 0
            continue
        valid += 1
        total += x
        quarter = (4 * i) // length
        stats[sat + QUARTER_SUM + quarter] += x
        stats[sat + QUARTER_VALID + quarter] += 1
        least = min(least, x)
        most = max(most, x)
        if i >= length - hop:
            fresh += 1
        if x < low or x > high:
            outside += 1
        if x <= rail_low or x >= rail_high:
            railed += 1
        if run and x == value:
            run += 1
        else:
            if run:
                whole = 0
            run = 1
            value = x
            if reads & READ_DISTINCT:
                key = (x & 0xFFFF) % mask
                while table[key] != MISSING and table[key] != x:
                    key = (key + 1) & mask
                if table[key] != x:
                    table[key] = x
                    distinct += 1
        longest = max(longest, run)
        if reads & READ_BINS:
            d = min(max(x - bin_lo, 0), 131071)
            d = min(d * bin_mult >> bin_shift - 4, BIN_COUNT - 1 << 4)
            held = sat + BINS + (d >> 4)
            d &= 15
            stats[held] += 16 - d
            if d:
                held += 1
                stats[held] += d
        if before:
            dx = abs(x - x1)
            dx_n += 1
            dx_sum += dx
            if reads & READ_BITS:
                dx_bits += bits(dx)
            if reads & READ_RATE:
                late = slots[late_at + j]
                if late != -32768:
                    rate_max = max(rate_max, rate_q8(dx, late))
            if before > 1 and reads & READ_SPIKE:
                spike = abs(2 * x1 - x0 - x)
                spike_n += 1
                spike_sum += spike
                spike_max = max(spike_max, spike)
        before += 1
        x0 = x1
        x1 = x
    if valid:
        if whole and carry[cat + CARRY_RUN] and carry[cat + CARRY_VALUE] == value:
            run = min(carry[cat + CARRY_RUN] + fresh, LONGEST_RUN)
        carry[cat + CARRY_RUN] = run
        carry[cat + CARRY_VALUE] = value
        longest = max(longest, run)
    else:
        least = most = 0
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


def scan_pair(slots, at, other, length, gain, stats, sat):
    """Residual of one channel against another: r = x - (gain * y >> 12); the sum of |r - its mean|.

    |gain| <= 32767, so |r| <= 294906 and the sum over 1,024 slots stays below 2**29.
    """
    n = total = 0
    for j in range(length):
        x, y = slots[at + j], slots[other + j]
        if x != MISSING and y != MISSING:
            n += 1
            total += x - (gain * y >> 12)
    mean = (2 * total + n) // (2 * n) if n else 0
    away = 0
    for j in range(length):
        x, y = slots[at + j], slots[other + j]
        if x != MISSING and y != MISSING:
            away += abs(x - (gain * y >> 12) - mean)
    stats[sat + PAIR_N] = n
    stats[sat + RESIDUAL_SUM] = away
