"""Specification of the frame kernel: numbers into a text buffer, and the line's CRC-32.

``job`` is int32[FRAME_SIZE] (layout.py), shared by both functions. ``put`` leaves every field but FRAME_POS and the CRC
at its default, so that a caller sets only what differs.
"""

from array import array

from ...layout import (
    FRAME_BASE,
    FRAME_BEGIN,
    FRAME_CLOSE_BIT,
    FRAME_COUNT,
    FRAME_CRC_HIGH,
    FRAME_CRC_LOW,
    FRAME_DONE,
    FRAME_HEAD,
    FRAME_LENGTH,
    FRAME_LIST,
    FRAME_LITERAL,
    FRAME_MODE,
    FRAME_OUTER_BIT,
    FRAME_POS,
    FRAME_ROW,
    FRAME_SIZE,
    FRAME_STRIDE,
)

DEFAULTS = array("i", (0, 0, 0, 1, 1, 1, -1))  # from FRAME_MODE to FRAME_DONE


def put(buf, job, key, source):
    """Write a key and its numbers at FRAME_POS; 1: done, 0: the buffer is full, flush it and call again.

    ``buf`` bytearray of 64 bytes and more, ``key`` bytes (at most ``len(buf) - 32``), ``source`` anything
    that is indexed and holds integers, |item| < 2^31.
    """
    pos, mode, done, end = job[FRAME_POS], job[FRAME_MODE], job[FRAME_DONE], len(buf) - 16
    if done < 0:
        if mode & FRAME_BEGIN:
            text = b'{"k":"' + key + b'","n":'
        elif mode & FRAME_LITERAL:
            text = key
        elif mode & FRAME_ROW:
            text = b","
        else:
            text = b',"' + key + b'":'
        text += b"[" * ((mode >> FRAME_OUTER_BIT & 1) + (mode & FRAME_LIST))
        if pos + len(text) > end:
            return 0
        buf[pos : pos + len(text)] = text
        pos += len(text)
        done = 0
    while done < job[FRAME_COUNT]:
        if pos > end - 12:
            job[FRAME_POS], job[FRAME_DONE] = pos, done
            return 0
        at = job[FRAME_BASE] + (job[FRAME_HEAD] + done) % job[FRAME_LENGTH] * job[FRAME_STRIDE]
        text = b"%s%d" % (b"," if done else b"", source[at])
        buf[pos : pos + len(text)] = text
        pos += len(text)
        done += 1
    text = b"]" * ((mode & FRAME_LIST) + (mode >> FRAME_CLOSE_BIT & 1))
    buf[pos : pos + len(text)] = text
    job[FRAME_POS] = pos + len(text)
    job[FRAME_MODE:FRAME_SIZE] = DEFAULTS
    return 1


def checksum(buf, job, table, last):
    """Take the buffer's FRAME_POS bytes into the CRC; with ``last``, close the line after them: ``}`` (part of
    the CRC's text), tab, eight hex digits, newline. Returns the bytes now in the buffer."""
    pos = job[FRAME_POS]
    if last:
        buf[pos] = 125
        pos += 1
    crc = job[FRAME_CRC_HIGH] << 16 | job[FRAME_CRC_LOW]
    for byte in memoryview(buf).cast("B")[:pos]:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    job[FRAME_CRC_LOW], job[FRAME_CRC_HIGH] = crc & 0xFFFF, crc >> 16
    if last:
        text = b"\t%08x\n" % (crc ^ 0xFFFFFFFF)
        buf[pos : pos + 10] = text
        pos += 10
    return pos
