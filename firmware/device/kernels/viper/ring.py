"""Filling the ring, for 32 and 64 bits: plain/ring.py is its specification.

Every intermediate fits int32: |dt| <= 5.0e8, 2 dt + period <= 1.09e9; ``(d >> scale) << 15`` < 2**30.
"""

import micropython

from ...layout import (
    ABSENT,
    BACKWARDS,
    DUPLICATE,
    LONG_MS,
    MISSING_BITS,
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


@micropython.viper
def fill(
    state: ptr32,
    slots: ptr16,
    last: ptr16,
    values: ptr16,
    seconds: ptr32,
    millis: ptr16,
    seqs: ptr32,
    start: int,
    n: int,
) -> int:
    sign = 1
    sign = sign << 31
    length = state[RING_LENGTH]
    channels = state[RING_CHANNELS]
    period = state[RING_PERIOD]
    late_at = channels * length
    flags_at = late_at + length
    head = state[RING_HEAD]
    need = state[RING_NEED]
    opened = state[RING_OPEN]
    state[RING_DUE] = 0
    due = 0
    i = start
    end = start + n
    while i < end:
        row = i * channels
        pending = (state[RING_PENDING] ^ sign) - sign
        s = (seconds[i] ^ sign) - sign
        ms = (millis[i] ^ 0x8000) - 0x8000
        seq = (seqs[i] ^ sign) - sign
        if pending < 0:
            late = 0
            flags = 0
            pending = 0
            if state[RING_STARTED] != 0:
                last_s = (state[RING_LAST_S] ^ sign) - sign
                half = (s >> 1) - (last_s >> 1)
                if half > 249999:
                    dt = LONG_MS
                elif half < -249999:
                    dt = 0 - LONG_MS
                else:
                    dt = (s - last_s) * 1000 + ms - ((state[RING_LAST_MS] ^ sign) - sign)
                d = dt - period
                if d >= period:
                    late = 32767
                elif d <= 0 - period:
                    late = -32768
                else:
                    scale = state[RING_SCALE]
                    late = ((d >> scale) << 15) // (period >> scale)
                    if late < -32768:
                        late = -32768
                    elif late > 32767:
                        late = 32767
                if dt <= 0:
                    flags = DUPLICATE
                    if dt < 0:
                        flags = BACKWARDS
                    c = 0
                    while c < channels:
                        if values[row + c] != last[c]:
                            flags = BACKWARDS
                        c += 1
                last_seq = (state[RING_LAST_SEQ] ^ sign) - sign
                if seq >= 0 and last_seq >= 0:
                    step = ((seq & SEQ_MASK) - (last_seq & SEQ_MASK)) & SEQ_MASK
                    if step != 1:
                        if not (flags == DUPLICATE and step == 0):
                            flags |= SEQ_GAP
                if dt >= LONG_MS:
                    ds = half
                    if ds > 0xFFFFFFF:
                        ds = 0xFFFFFFF
                    per = state[RING_PERIOD_S]
                    pending = (ds * 2 + per // 2) // per - 1
                    if pending < 0:
                        pending = 0
                elif 2 * dt >= 3 * period:
                    pending = (2 * dt + period) // (2 * period) - 1
                if pending > length:
                    gap = pending
                    pending = 0
                    if opened != 0:
                        pending = need
                    gap = state[RING_MISSED] + gap - pending
                    if gap > MOST_MISSED:
                        gap = MOST_MISSED
                    state[RING_MISSED] = gap
                    state[RING_AFRESH] = 1
            state[RING_LATE] = late
            state[RING_FLAGS] = flags
        while pending > 0:
            c = 0
            at = head
            while c < channels:
                slots[at] = MISSING_BITS
                at += length
                c += 1
            slots[late_at + head] = 0
            slots[flags_at + head] = ABSENT
            pending -= 1
            head += 1
            if head == length:
                head = 0
            opened = 1
            need -= 1
            if need == 0:
                due = 1
                break
        state[RING_PENDING] = pending
        if due == 0:
            if state[RING_AFRESH] != 0:
                state[RING_AFRESH] = 0
                head = 0
                need = length
                state[RING_FIRST] = 1
            c = 0
            at = head
            while c < channels:
                x = values[row + c]
                slots[at] = x
                last[c] = x
                at += length
                c += 1
            slots[late_at + head] = state[RING_LATE]
            slots[flags_at + head] = state[RING_FLAGS]
            state[RING_LAST_S] = s
            state[RING_LAST_MS] = ms
            state[RING_LAST_SEQ] = seq
            state[RING_STARTED] = 1
            state[RING_PENDING] = -1
            i += 1
            head += 1
            if head == length:
                head = 0
            opened = 1
            need -= 1
            if need == 0:
                due = 1
        if due != 0:
            need = state[RING_HOP]
            opened = 0
            state[RING_DUE] = 1
            break
    state[RING_HEAD] = head
    state[RING_NEED] = need
    state[RING_OPEN] = opened
    return i - start
