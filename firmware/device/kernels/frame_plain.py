"""Specification of the frame kernel: numbers into a text buffer, and the line's CRC-32.

``job`` is int32[13], shared by both functions and laid out by the constants below. ``put`` leaves every
field but POS and the CRC at its default, so that a caller sets only what differs.

========  =====  ================================================================
POS           0  bytes in the buffer
CRC_LOW       1  running CRC-32 of the line, low half, not yet complemented
CRC_HIGH      2  its high half
MODE          3  see below
BASE          4  index of the first item of ``source``
HEAD          5  item k is ``source[BASE + (HEAD + k) % LENGTH * STRIDE]``
LENGTH        6
COUNT         7  items to write
STRIDE        8
DONE          9  items written; -1: the key is still to come
========  =====  ================================================================

MODE is a sum of LIST (brackets around the items), OUTER (a bracket before), CLOSE (a bracket after),
ROW (no key, only a comma), BEGIN (``key`` is the frame's kind, the item its sequence number) and LITERAL
(``key`` as it is; no items then).
"""

from array import array

LIST, OUTER, CLOSE, ROW, BEGIN, LITERAL = 1, 2, 4, 8, 16, 32
DEFAULTS = (0, 0, 0, 1, 1, 1, -1)  # MODE to DONE


def put(buf, job, key, source):
    """Write a key and its numbers at POS; 1: done, 0: the buffer is full, flush it and call again.

    ``buf`` bytearray of 64 bytes and more, ``key`` bytes (at most ``len(buf) - 32``), ``source`` anything
    that is indexed and holds integers, |item| < 2^31.
    """
    pos, mode, done, end = job[0], job[3], job[9], len(buf) - 16
    if done < 0:
        if mode & BEGIN:
            text = b'{"k":"' + key + b'","n":'
        elif mode & LITERAL:
            text = key
        elif mode & ROW:
            text = b","
        else:
            text = b',"' + key + b'":'
        text += b"[" * ((mode >> 1 & 1) + (mode & 1))
        if pos + len(text) > end:
            return 0
        buf[pos : pos + len(text)] = text
        pos += len(text)
        done = 0
    while done < job[7]:
        if pos > end - 12:
            job[0], job[9] = pos, done
            return 0
        text = b"%s%d" % (b"," if done else b"", source[job[4] + (job[5] + done) % job[6] * job[8]])
        buf[pos : pos + len(text)] = text
        pos += len(text)
        done += 1
    text = b"]" * ((mode & 1) + (mode >> 2 & 1))
    buf[pos : pos + len(text)] = text
    job[0] = pos + len(text)
    job[3:10] = array("i", DEFAULTS)
    return 1


def checksum(buf, job, table, last):
    """Take the buffer's POS bytes into the CRC; with ``last``, close the line after them: ``}`` (part of
    the CRC's text), tab, eight hex digits, newline. Returns the bytes now in the buffer."""
    pos = job[0]
    if last:
        buf[pos] = 125
        pos += 1
    crc = job[2] << 16 | job[1]
    for byte in memoryview(buf).cast("B")[:pos]:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    job[1], job[2] = crc & 0xFFFF, crc >> 16
    if last:
        text = b"\t%08x\n" % (crc ^ 0xFFFFFFFF)
        buf[pos : pos + 10] = text
        pos += 10
    return pos
