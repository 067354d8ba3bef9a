"""Filling the ring, as specified: see layout.py and window/ring.py for the arrays."""

from ...layout import (
    ABSENT,
    BACKWARDS,
    DUPLICATE,
    LONG_MS,
    MISSING,
    MOST_MISSED,
    RING_AFRESH,
    RING_CHANNELS,
    RING_DUE,
    RING_FIRST,
    RING_FLAGS,
    RING_HEAD,
    RING_HOP,
    RING_LAST_MS,
    RING_LAST_S,
    RING_LAST_SEQ,
    RING_LATE,
    RING_LENGTH,
    RING_MISSED,
    RING_NEED,
    RING_OPEN,
    RING_PENDING,
    RING_PERIOD,
    RING_PERIOD_S,
    RING_SCALE,
    RING_STARTED,
    SEQ_GAP,
    SEQ_MASK,
)


def elapsed(ds_half, ds, dms):
    """Milliseconds between two records, saturating at +-LONG_MS; ``ds_half`` guards the product."""
    if ds_half > 249999:
        return LONG_MS
    if ds_half < -249999:
        return -LONG_MS
    return ds * 1000 + dms


def lateness_q15(dt, period, scale):
    """(dt - period) / period in Q15, saturating; periods of more than 15 bits are scaled down first."""
    d = dt - period
    if d >= period:
        return 32767
    if d <= -period:
        return -32768
    late = ((d >> scale) << 15) // (period >> scale)
    return max(-32768, min(32767, late))


def missed_records(dt, ds_half, period, period_s):
    """round(dt / period) - 1 for a step of 1.5 periods or more, else 0."""
    if dt >= LONG_MS:
        ds = min(ds_half, 0xFFFFFFF) * 2
        return max(0, (ds + period_s // 2) // period_s - 1)
    if 2 * dt < 3 * period:
        return 0
    return (2 * dt + period) // (2 * period) - 1


def fill(state, slots, last, values, seconds, millis, seqs, start, n):
    """Puts records ``start .. start + n`` into slots until a window is due; returns how many it took."""
    length = state[RING_LENGTH]
    channels = state[RING_CHANNELS]
    period = state[RING_PERIOD]
    late_at = channels * length
    flags_at = late_at + length
    state[RING_DUE] = 0
    i = start
    end = start + n
    while i < end:
        row = i * channels
        if state[RING_PENDING] < 0:
            late = flags = pending = 0
            if state[RING_STARTED]:
                s = seconds[i]
                half = (s >> 1) - (state[RING_LAST_S] >> 1)
                dt = elapsed(half, s - state[RING_LAST_S], millis[i] - state[RING_LAST_MS])
                late = lateness_q15(dt, period, state[RING_SCALE])
                if dt <= 0:
                    flags = DUPLICATE
                    if dt < 0:
                        flags = BACKWARDS
                    for c in range(channels):
                        if values[row + c] != last[c]:
                            flags = BACKWARDS
                if seqs[i] >= 0 and state[RING_LAST_SEQ] >= 0:
                    step = ((seqs[i] & SEQ_MASK) - (state[RING_LAST_SEQ] & SEQ_MASK)) & SEQ_MASK
                    if step != 1 and not (flags == DUPLICATE and step == 0):
                        flags |= SEQ_GAP
                pending = missed_records(dt, half, period, state[RING_PERIOD_S])
                if pending > length:
                    gap = pending
                    pending = state[RING_NEED] if state[RING_OPEN] else 0
                    state[RING_MISSED] = min(state[RING_MISSED] + gap - pending, MOST_MISSED)
                    state[RING_AFRESH] = 1
            state[RING_LATE] = late
            state[RING_FLAGS] = flags
            state[RING_PENDING] = pending
        while state[RING_PENDING] > 0:
            head = state[RING_HEAD]
            for c in range(channels):
                slots[c * length + head] = MISSING
            slots[late_at + head] = 0
            slots[flags_at + head] = ABSENT
            state[RING_PENDING] -= 1
            if advance(state):
                return i - start
        if state[RING_AFRESH]:
            state[RING_AFRESH] = state[RING_HEAD] = state[RING_OPEN] = 0
            state[RING_NEED] = length
            state[RING_FIRST] = 1
        head = state[RING_HEAD]
        for c in range(channels):
            x = values[row + c]
            slots[c * length + head] = x
            last[c] = x
        slots[late_at + head] = state[RING_LATE]
        slots[flags_at + head] = state[RING_FLAGS]
        state[RING_LAST_S] = seconds[i]
        state[RING_LAST_MS] = millis[i]
        state[RING_LAST_SEQ] = seqs[i]
        state[RING_STARTED] = 1
        state[RING_PENDING] = -1
        i += 1
        if advance(state):
            break
    return i - start


def advance(state):
    """Steps to the next slot; true, and ``state[RING_DUE]`` set, when that completes a window."""
    head = state[RING_HEAD] + 1
    state[RING_HEAD] = 0 if head == state[RING_LENGTH] else head
    state[RING_OPEN] = 1
    state[RING_NEED] -= 1
    if state[RING_NEED]:
        return False
    state[RING_NEED] = state[RING_HOP]
    state[RING_OPEN] = 0
    state[RING_DUE] = 1
    return True
