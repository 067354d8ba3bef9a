"""One scan of a window, for 32 and 64 bits: scan_plain.py is its specification.

Bounds: counts are int16, length <= 1024. |sums| <= 2**25, sums of |dx| <= 2**26, of the spike measure
<= 2**27; (bin distance <= 131071) * (mult <= 8191) < 2**30; dx << 14 < 2**30; gain * y < 2**30.
"""

import micropython


@micropython.viper
def scan_slots(slots: ptr16, late_at: int, head: int, length: int, stats: ptr32):
    absent = 0
    duplicates = 0
    backwards = 0
    gaps = 0
    late_sum = 0
    late_max = 0
    j = late_at
    end = late_at + length
    while j < end:
        late = slots[j]
        if late != 0:
            late = (late ^ 0x8000) - 0x8000
            if late < 0:
                late = 0 - late
            late_sum += late
            if late > late_max:
                late_max = late
        flags = slots[j + length]
        if flags != 0:
            absent += flags & 1
            duplicates += (flags >> 1) & 1
            backwards += (flags >> 2) & 1
            gaps += (flags >> 3) & 1
        j += 1
    stats[0] = length
    stats[1] = absent
    stats[2] = duplicates
    stats[3] = backwards
    stats[4] = gaps
    stats[5] = late_sum
    stats[6] = late_max


@micropython.viper
def scan_channel(
    slots: ptr16,
    at: int,
    late_at: int,
    head: int,
    length: int,
    limits: ptr16,
    lat: int,
    ref: ptr32,
    rat: int,
    table,
    carry: ptr32,
    cat: int,
    hop: int,
    stats: ptr32,
    sat: int,
):
    sign = 1
    sign = sign << 31
    low = (limits[lat] ^ 0x8000) - 0x8000
    high = (limits[lat + 1] ^ 0x8000) - 0x8000
    rail_low = (limits[lat + 2] ^ 0x8000) - 0x8000
    rail_high = (limits[lat + 3] ^ 0x8000) - 0x8000
    bin_lo = (ref[rat + 5] ^ sign) - sign
    bin_mult = ref[rat + 6]
    bin_shift = ref[rat + 7]
    k = 0
    while k < 41:
        stats[sat + k] = 0
        k += 1
    mask = int(len(table)) - 1
    seen = ptr16(table)
    k = 0
    while k <= mask:
        seen[k] = 0x8000
        k += 1
    valid = 0
    total = 0
    dx_n = 0
    dx_sum = 0
    dx_max = 0
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
            stats[sat + 4 + quarter] = part
            stats[sat + 8 + quarter] = part_n
            total += part
            valid += part_n
            part = 0
            part_n = 0
            quarter += 1
            bound = ((quarter + 1) * length + 3) >> 2
        raw = slots[at + j]
        if raw == 0x8000:
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
                key = raw % mask
                held = seen[key]
                while held != 0x8000 and held != raw:
                    key = (key + 1) & mask
                    held = seen[key]
                if held == 0x8000:
                    seen[key] = raw
                    distinct += 1
            if run > longest:
                longest = run
            d = x - bin_lo
            if d < 0:
                d = 0
            elif d > 131071:
                d = 131071
            d = d * bin_mult >> bin_shift
            if d > 15:
                d = 15
            stats[sat + 25 + d] += 1
            if before != 0:
                dx = x - x1
                if dx < 0:
                    dx = 0 - dx
                dx_n += 1
                dx_sum += dx
                if dx > dx_max:
                    dx_max = dx
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
                if before > 1:
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
    stats[sat + 4 + quarter] = part
    stats[sat + 8 + quarter] = part_n
    total += part
    valid += part_n
    if valid != 0:
        if whole != 0 and carry[cat] != 0:
            if (carry[cat + 1] ^ sign) - sign == value:
                run = carry[cat] + fresh
                if run > 30000:
                    run = 30000
        carry[cat] = run
        carry[cat + 1] = value
        if run > longest:
            longest = run
    else:
        least = 0
        most = 0
    stats[sat] = valid
    stats[sat + 1] = least
    stats[sat + 2] = most
    stats[sat + 3] = total
    stats[sat + 12] = dx_n
    stats[sat + 13] = dx_sum
    stats[sat + 14] = dx_max
    stats[sat + 15] = rate_max
    stats[sat + 16] = spike_n
    stats[sat + 17] = spike_sum
    stats[sat + 18] = spike_max
    stats[sat + 19] = longest
    stats[sat + 20] = distinct
    stats[sat + 21] = railed
    stats[sat + 22] = outside


@micropython.viper
def scan_pair(slots: ptr16, at: int, other: int, length: int, gain: int, stats: ptr32, sat: int):
    n = 0
    total = 0
    j = 0
    while j < length:
        x = slots[at + j]
        y = slots[other + j]
        if x != 0x8000 and y != 0x8000:
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
        if x != 0x8000 and y != 0x8000:
            d = ((x ^ 0x8000) - 0x8000) - (gain * ((y ^ 0x8000) - 0x8000) >> 12) - mean
            if d < 0:
                d = 0 - d
            away += d
        j += 1
    stats[sat + 23] = n
    stats[sat + 24] = away
