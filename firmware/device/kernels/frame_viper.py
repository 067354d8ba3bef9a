"""The frame kernel in viper; frame_plain.py is its specification.

Every intermediate fits int32: the CRC lives in two halves of 16 bits between calls, and a 32-bit pattern
inside one, where only masked right shifts and XOR touch it (so 32 and 64 bits agree).
"""

from array import array

import micropython

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
    pos = j[0]
    mode = j[3]
    base = j[4]
    at = j[5]
    length = j[6]
    count = j[7]
    stride = j[8]
    done = j[9]
    if done & 0x20000000:  # -1: the key comes first
        size = int(len(key))
        if pos + size + 14 > end:
            return 0
        if mode & 16:
            fixed = ptr8(_BEGIN)
            i = 0
            while i < 6:
                out[pos + i] = fixed[i]
                i += 1
            pos += 6
        elif not mode & 32:
            out[pos] = 44
            pos += 1
            if not mode & 8:
                out[pos] = 34
                pos += 1
        if not mode & 8:
            i = 0
            while i < size:
                out[pos + i] = text[i]
                i += 1
            pos += size
            if mode & 16:
                fixed = ptr8(_NUMBER)
                i = 0
                while i < 6:
                    out[pos + i] = fixed[i]
                    i += 1
                pos += 6
            elif not mode & 32:
                out[pos] = 34
                out[pos + 1] = 58
                pos += 2
        if mode & 2:
            out[pos] = 91
            pos += 1
        if mode & 1:
            out[pos] = 91
            pos += 1
        done = 0
    at += done
    end -= 12
    while at >= length:
        at -= length
    while done < count:
        if pos > end:
            j[0] = pos
            j[9] = done
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
    if mode & 1:
        out[pos] = 93
        pos += 1
    if mode & 4:
        out[pos] = 93
        pos += 1
    j[0] = pos
    j[3] = 0
    j[4] = 0
    j[5] = 0
    j[6] = 1
    j[7] = 1
    j[8] = 1
    j[9] = -1
    return 1


@micropython.viper
def checksum(buf: ptr8, job: ptr32, table: ptr32, last: int) -> int:
    pos = job[0]
    if last:
        buf[pos] = 125
        pos += 1
    crc = (job[2] << 16) | job[1]
    i = 0
    while i < pos:
        crc = ((crc >> 8) & 0xFFFFFF) ^ table[(crc ^ buf[i]) & 255]
        i += 1
    low = crc & 0xFFFF
    high = (crc >> 16) & 0xFFFF
    job[1] = low
    job[2] = high
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
