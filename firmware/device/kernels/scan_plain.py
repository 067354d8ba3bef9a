"""One scan of a window, as specified: see layout.py for the statistics.

``limits`` is int16[n_channels * 4]: range low and high, rails low and high. ``table`` is int16[a power of
two, at least twice the length], scratch for distinct values. ``carry`` is int32[n_channels * 2]: the run at
the end of the window before, and its value.
"""


def scan_slots(slots, late_at, head, length, stats):
    """Fills the window's own statistics from lateness and flags."""
    absent = duplicates = backwards = gaps = late_sum = late_max = 0
    for j in range(length):
        late = abs(slots[late_at + j])
        flags = slots[late_at + length + j]
        absent += flags & 1
        duplicates += (flags >> 1) & 1
        backwards += (flags >> 2) & 1
        gaps += (flags >> 3) & 1
        late_sum += late
        late_max = max(late_max, late)
    stats[0] = length
    stats[1] = absent
    stats[2] = duplicates
    stats[3] = backwards
    stats[4] = gaps
    stats[5] = late_sum
    stats[6] = late_max


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


def scan_channel(slots, at, late_at, head, length, limits, lat, ref, rat, table, carry, cat, hop, stats, sat):
    """Fills one channel's statistics; its slots begin at ``at``, its statistics at ``sat``."""
    low, high, rail_low, rail_high = limits[lat], limits[lat + 1], limits[lat + 2], limits[lat + 3]
    bin_lo, bin_mult, bin_shift = ref[rat + 5], ref[rat + 6], ref[rat + 7]
    for k in range(41):
        stats[sat + k] = 0
    mask = len(table) - 1
    for k in range(mask + 1):
        table[k] = -32768
    valid = total = dx_n = dx_sum = dx_max = rate_max = spike_n = spike_sum = spike_max = 0
    run = longest = distinct = railed = outside = fresh = 0
    least, most = 32767, -32767
    whole = 1
    before = x0 = x1 = 0  # how many valid neighbours stand before, and what they hold
    value = 0
    for i in range(length):
        j = (head + i) % length
        x = slots[at + j]
        if x == -32768:
            before = 0
            continue
        valid += 1
        total += x
        quarter = (4 * i) // length
        stats[sat + 4 + quarter] += x
        stats[sat + 8 + quarter] += 1
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
            key = (x & 0xFFFF) % mask
            while table[key] != -32768 and table[key] != x:
                key = (key + 1) & mask
            if table[key] != x:
                table[key] = x
                distinct += 1
        longest = max(longest, run)
        d = min(max(x - bin_lo, 0), 131071)
        stats[sat + 25 + min(d * bin_mult >> bin_shift, 15)] += 1
        if before:
            dx = abs(x - x1)
            dx_n += 1
            dx_sum += dx
            dx_max = max(dx_max, dx)
            late = slots[late_at + j]
            if late != -32768:
                rate_max = max(rate_max, rate_q8(dx, late))
            if before > 1:
                spike = abs(2 * x1 - x0 - x)
                spike_n += 1
                spike_sum += spike
                spike_max = max(spike_max, spike)
        before += 1
        x0 = x1
        x1 = x
    if valid:
        if whole and carry[cat] and carry[cat + 1] == value:
            run = min(carry[cat] + fresh, 30000)
        carry[cat] = run
        carry[cat + 1] = value
        longest = max(longest, run)
    else:
        least = most = 0
    stats[sat] = valid
    stats[sat + 1] = least
    stats[sat + 2] = most
    stats[sat + 3] = total
    for k, v in enumerate((dx_n, dx_sum, dx_max, rate_max, spike_n, spike_sum, spike_max, longest)):
        stats[sat + 12 + k] = v
    stats[sat + 20] = distinct
    stats[sat + 21] = railed
    stats[sat + 22] = outside


def scan_pair(slots, at, other, length, gain, stats, sat):
    """Residual of one channel against another: r = x - (gain * y >> 12); the sum of |r - its mean|.

    |gain| <= 32767, so |r| <= 294906 and the sum over 1,024 slots stays below 2**29.
    """
    n = total = 0
    for j in range(length):
        x, y = slots[at + j], slots[other + j]
        if x != -32768 and y != -32768:
            n += 1
            total += x - (gain * y >> 12)
    mean = (2 * total + n) // (2 * n) if n else 0
    away = 0
    for j in range(length):
        x, y = slots[at + j], slots[other + j]
        if x != -32768 and y != -32768:
            away += abs(x - (gain * y >> 12) - mean)
    stats[sat + 23] = n
    stats[sat + 24] = away
