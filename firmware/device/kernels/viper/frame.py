"""The frame kernel in viper; plain/frame.py is its specification.

Every intermediate fits int32: the CRC lives in two halves of 16 bits between calls, and a 32-bit pattern
inside one, where only masked right shifts and XOR touch it (so 32 and 64 bits agree).
"""

from array import array

import micropython

from ...layout import (
    FRAME_BASE,
    FRAME_BEGIN,
    FRAME_CLOSE,
    FRAME_COUNT,
    FRAME_CRC_HIGH,
    FRAME_CRC_LOW,
    FRAME_DONE,
    FRAME_HEAD,
    FRAME_LENGTH,
    FRAME_LIST,
    FRAME_LITERAL,
    FRAME_MODE,
    FRAME_OUTER,
    FRAME_POS,
    FRAME_ROW,
    FRAME_STRIDE,
)

_TENS = array("i", [10**k for k in range(10)])
_BEGIN = b'{"k":"'
_NUMBER = b'","n":'


@micropython.viper
def put(buf, job, key, source) -> int:
    out = ptr8(buf)
    j = ptr32(job)
    text = ptr8(key)
    tens = ptr32(_TENS)
    end = int(len(buf)) - 16
    pos = j[FRAME_POS]
    mode = j[FRAME_MODE]
    base = j[FRAME_BASE]
    at = j[FRAME_HEAD]
    length = j[FRAME_LENGTH]
    count = j[FRAME_COUNT]
    stride = j[FRAME_STRIDE]
    done = j[FRAME_DONE]
    if done & 0x20000000:  # -1: the key comes first
        size = int(len(key))
        if pos + size + 14 > end:
            return 0
        if mode & FRAME_BEGIN:
            fixed = ptr8(_BEGIN)
            i = 0
            while i < 6:
                out[pos + i] = fixed[i]
                i += 1
            pos += 6
        elif not mode & FRAME_LITERAL:
            out[pos] = 44
            pos += 1
            if not mode & FRAME_ROW:
                out[pos] = 34
                pos += 1
        if not mode & FRAME_ROW:
            i = 0
            while i < size:
                out[pos + i] = text[i]
                i += 1
            pos += size
            if mode & FRAME_BEGIN:
                fixed = ptr8(_NUMBER)
                i = 0
                while i < 6:
                    out[pos + i] = fixed[i]
                    i += 1
                pos += 6
            elif not mode & FRAME_LITERAL:
                out[pos] = 34
                out[pos + 1] = 58
                pos += 2
        if mode & FRAME_OUTER:
            out[pos] = 91
            pos += 1
        if mode & FRAME_LIST:
            out[pos] = 91
            pos += 1
        done = 0
    at += done
    end -= 12
    while at >= length:
        at -= length
    while done < count:
        if pos > end:
            j[FRAME_POS] = pos
            j[FRAME_DONE] = done
            return 0
        if done:
            out[pos] = 44
            pos += 1
        v = int(source[base + at * stride])
        if v < 0:
            out[pos] = 45
            pos += 1
            v = 0 - v
        if v >= 10:
            i = 1
            if v >= 10000:
                i = 4
            while i < 9 and v >= tens[i + 1]:
                i += 1
            while i:
                p = tens[i]
                d = 48
                while v >= p:
                    v -= p
                    d += 1
                out[pos] = d
                pos += 1
                i -= 1
        out[pos] = 48 + v
        pos += 1
        done += 1
        at += 1
        if at == length:
            at = 0
    if mode & FRAME_LIST:
        out[pos] = 93
        pos += 1
    if mode & FRAME_CLOSE:
        out[pos] = 93
        pos += 1
    j[FRAME_POS] = pos
    j[FRAME_MODE] = 0
    j[FRAME_BASE] = 0
    j[FRAME_HEAD] = 0
    j[FRAME_LENGTH] = 1
    j[FRAME_COUNT] = 1
    j[FRAME_STRIDE] = 1
    j[FRAME_DONE] = -1
    return 1


@micropython.viper
def checksum(buf: ptr8, job: ptr32, table: ptr32, last: int) -> int:
    pos = job[FRAME_POS]
    if last:
        buf[pos] = 125
        pos += 1
    crc = (job[FRAME_CRC_HIGH] << 16) | job[FRAME_CRC_LOW]
    i = 0
    while i < pos:
        crc = ((crc >> 8) & 0xFFFFFF) ^ table[(crc ^ buf[i]) & 255]
        i += 1
    low = crc & 0xFFFF
    high = (crc >> 16) & 0xFFFF
    job[FRAME_CRC_LOW] = low
    job[FRAME_CRC_HIGH] = high
    if last:
        buf[pos] = 9
        pos += 1
        half = high ^ 0xFFFF
        i = 0
        while i < 8:
            if i == 4:
                half = low ^ 0xFFFF
            d = (half >> 12) & 15
            half = half << 4
            buf[pos] = d + (48 if d < 10 else 87)
            pos += 1
            i += 1
        buf[pos] = 10
        pos += 1
    return pos
