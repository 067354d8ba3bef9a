"""Filling the ring, as specified: see ring.py for the arrays' layout."""

from ..compat import const

DUE = const(0)
HEAD = const(1)
NEED = const(2)
OPEN = const(3)
FIRST = const(4)
PENDING = const(5)
AFRESH = const(6)
LATE = const(7)
FLAGS = const(8)
STARTED = const(9)
LAST_S = const(10)
LAST_MS = const(11)
LAST_SEQ = const(12)
MISSED = const(13)
LENGTH = const(14)
HOP = const(15)
CHANNELS = const(16)
PERIOD = const(17)
SCALE = const(18)
PERIOD_S = const(19)
SIZE = const(20)

SEQ_MASK = const(0x3FFFFFFF)
LONG_MS = const(500000000)  # 5.8 days: beyond it a step is counted in whole seconds


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
    length = state[LENGTH]
    channels = state[CHANNELS]
    period = state[PERIOD]
    late_at = channels * length
    flags_at = late_at + length
    state[DUE] = 0
    i = start
    end = start + n
    while i < end:
        row = i * channels
        if state[PENDING] < 0:
            late = flags = pending = 0
            if state[STARTED]:
                s = seconds[i]
                half = (s >> 1) - (state[LAST_S] >> 1)
                dt = elapsed(half, s - state[LAST_S], millis[i] - state[LAST_MS])
                late = lateness_q15(dt, period, state[SCALE])
                if dt <= 0:
                    flags = 2
                    if dt < 0:
                        flags = 4
                    for c in range(channels):
                        if values[row + c] != last[c]:
                            flags = 4
                if seqs[i] >= 0 and state[LAST_SEQ] >= 0:
                    step = ((seqs[i] & SEQ_MASK) - (state[LAST_SEQ] & SEQ_MASK)) & SEQ_MASK
                    if step != 1 and not (flags == 2 and step == 0):
                        flags |= 8
                pending = missed_records(dt, half, period, state[PERIOD_S])
                if pending > length:
                    gap = pending
                    pending = state[NEED] if state[OPEN] else 0
                    state[MISSED] = min(state[MISSED] + gap - pending, 0x1FFFFFFF)
                    state[AFRESH] = 1
            state[LATE] = late
            state[FLAGS] = flags
            state[PENDING] = pending
        while state[PENDING] > 0:
            head = state[HEAD]
            for c in range(channels):
                slots[c * length + head] = -32768
            slots[late_at + head] = 0
            slots[flags_at + head] = 1
            state[PENDING] -= 1
            if advance(state):
                return i - start
        if state[AFRESH]:
            state[AFRESH] = state[HEAD] = state[OPEN] = 0
            state[NEED] = length
            state[FIRST] = 1
        head = state[HEAD]
        for c in range(channels):
            x = values[row + c]
            slots[c * length + head] = x
            last[c] = x
        slots[late_at + head] = state[LATE]
        slots[flags_at + head] = state[FLAGS]
        state[LAST_S] = seconds[i]
        state[LAST_MS] = millis[i]
        state[LAST_SEQ] = seqs[i]
        state[STARTED] = 1
        state[PENDING] = -1
        i += 1
        if advance(state):
            break
    return i - start


def advance(state):
    """Steps to the next slot; true, and ``state[DUE]`` set, when that completes a window."""
    head = state[HEAD] + 1
    state[HEAD] = 0 if head == state[LENGTH] else head
    state[OPEN] = 1
    state[NEED] -= 1
    if state[NEED]:
        return False
    state[NEED] = state[HOP]
    state[OPEN] = 0
    state[DUE] = 1
    return True
