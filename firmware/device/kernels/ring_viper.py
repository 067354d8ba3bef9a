"""Filling the ring, for 32 and 64 bits: ring_plain.py is its specification.

Every intermediate fits int32: |dt| <= 5.0e8, 2 dt + period <= 1.09e9; ``(d >> scale) << 15`` < 2**30.
"""

import micropython
from micropython import const

_DUE = const(0)
_HEAD = const(1)
_NEED = const(2)
_OPEN = const(3)
_FIRST = const(4)
_PENDING = const(5)
_AFRESH = const(6)
_LATE = const(7)
_FLAGS = const(8)
_STARTED = const(9)
_LAST_S = const(10)
_LAST_MS = const(11)
_LAST_SEQ = const(12)
_MISSED = const(13)
_LENGTH = const(14)
_HOP = const(15)
_CHANNELS = const(16)
_PERIOD = const(17)
_SCALE = const(18)
_PERIOD_S = const(19)
_SEQ_MASK = const(0x3FFFFFFF)
_LONG_MS = const(500000000)


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
    length = state[_LENGTH]
    channels = state[_CHANNELS]
    period = state[_PERIOD]
    late_at = channels * length
    flags_at = late_at + length
    head = state[_HEAD]
    need = state[_NEED]
    opened = state[_OPEN]
    state[_DUE] = 0
    due = 0
    i = start
    end = start + n
    while i < end:
        row = i * channels
        pending = (state[_PENDING] ^ sign) - sign
        s = (seconds[i] ^ sign) - sign
        ms = (millis[i] ^ 0x8000) - 0x8000
        seq = (seqs[i] ^ sign) - sign
        if pending < 0:
            late = 0
            flags = 0
            pending = 0
            if state[_STARTED] != 0:
                last_s = (state[_LAST_S] ^ sign) - sign
                half = (s >> 1) - (last_s >> 1)
                if half > 249999:
                    dt = _LONG_MS
                elif half < -249999:
                    dt = 0 - _LONG_MS
                else:
                    dt = (s - last_s) * 1000 + ms - ((state[_LAST_MS] ^ sign) - sign)
                d = dt - period
                if d >= period:
                    late = 32767
                elif d <= 0 - period:
                    late = -32768
                else:
                    scale = state[_SCALE]
                    late = ((d >> scale) << 15) // (period >> scale)
                    if late < -32768:
                        late = -32768
                    elif late > 32767:
                        late = 32767
                if dt <= 0:
                    flags = 2
                    if dt < 0:
                        flags = 4
                    c = 0
                    while c < channels:
                        if values[row + c] != last[c]:
                            flags = 4
                        c += 1
                last_seq = (state[_LAST_SEQ] ^ sign) - sign
                if seq >= 0 and last_seq >= 0:
                    step = ((seq & _SEQ_MASK) - (last_seq & _SEQ_MASK)) & _SEQ_MASK
                    if step != 1:
                        if not (flags == 2 and step == 0):
                            flags |= 8
                if dt >= _LONG_MS:
                    ds = half
                    if ds > 0xFFFFFFF:
                        ds = 0xFFFFFFF
                    per = state[_PERIOD_S]
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
                    gap = state[_MISSED] + gap - pending
                    if gap > 0x1FFFFFFF:
                        gap = 0x1FFFFFFF
                    state[_MISSED] = gap
                    state[_AFRESH] = 1
            state[_LATE] = late
            state[_FLAGS] = flags
        while pending > 0:
            c = 0
            at = head
            while c < channels:
                slots[at] = 0x8000
                at += length
                c += 1
            slots[late_at + head] = 0
            slots[flags_at + head] = 1
            pending -= 1
            head += 1
            if head == length:
                head = 0
            opened = 1
            need -= 1
            if need == 0:
                due = 1
                break
        state[_PENDING] = pending
        if due == 0:
            if state[_AFRESH] != 0:
                state[_AFRESH] = 0
                head = 0
                need = length
                state[_FIRST] = 1
            c = 0
            at = head
            while c < channels:
                x = values[row + c]
                slots[at] = x
                last[c] = x
                at += length
                c += 1
            slots[late_at + head] = state[_LATE]
            slots[flags_at + head] = state[_FLAGS]
            state[_LAST_S] = s
            state[_LAST_MS] = ms
            state[_LAST_SEQ] = seq
            state[_STARTED] = 1
            state[_PENDING] = -1
            i += 1
            head += 1
            if head == length:
                head = 0
            opened = 1
            need -= 1
            if need == 0:
                due = 1
        if due != 0:
            need = state[_HOP]
            opened = 0
            state[_DUE] = 1
            break
    state[_HEAD] = head
    state[_NEED] = need
    state[_OPEN] = opened
    return i - start
