"""Frames: what the board says, a line each: compact JSON, tab, CRC-32 of the JSON in hex, newline.

A frame is written through one small buffer, sent whenever it is full, with the CRC running: a window of
1,024 samples needs no more memory than a verdict. Nothing is allocated but by ``text``. docs/frames.md
lists every kind and key.
"""

import json
from array import array

from .compat import MICROPYTHON, const

if MICROPYTHON:
    from .kernels.frame_viper import checksum, put
else:
    from .kernels.frame_plain import checksum, put

_SIZE = const(256)
_LAST = const((1 << 29) - 1)  # the sequence number stays a small int on 32 bits


def crc_table():
    """uint32[256]: CRC-32 (reflected polynomial EDB88320, as in zlib) of each byte."""
    table = array("I", bytes(1024))
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
        table[byte] = crc
    return table


CRC_TABLE = crc_table()


class Writer:
    """Writes frames through ``write(buf, n)``, which sends the first ``n`` bytes of ``buf``.

    A frame is ``begin(kind)``, any keys, ``end()``. One that was begun and never ended (an exception came
    between) is cut off by the next ``begin`` and shows on the host as one lost frame. Keys are bytes.
    """

    def __init__(self, write, size=_SIZE):
        self._write = write
        self._buf = bytearray(size)
        self._job = array("i", (0, 0xFFFF, 0xFFFF, 0, 0, 0, 1, 1, 1, -1))  # kernels/frame_plain.py
        self._two = array("i", (0, 0))
        self._table = CRC_TABLE
        self._length = self._head = 0
        self._open = False
        self.n = 0

    def begin(self, kind):
        """Start a frame of ``kind`` and take the next sequence number (modulo 2^29)."""
        job = self._job
        if self._open:
            self._cut()
        self._open = True
        job[3] = 16
        self._two[0] = self.n
        self.n = (self.n + 1) & _LAST
        put(self._buf, job, kind, self._two)

    def number(self, key, value):
        """``"key":value``, |value| < 2^31."""
        self._two[0] = value
        self._list(key, self._two)

    def pair(self, key, a, b):
        """``"key":[a,b]``."""
        two = self._two
        two[0] = a
        two[1] = b
        self.numbers(key, two, 0, 2)

    def numbers(self, key, source, start, count, stride=1):
        """``"key":[...]``: ``count`` items of ``source`` (any array, list or bytes of integers) from
        ``start`` on, each ``stride`` further."""
        job = self._job
        job[3] = 1
        job[4] = start
        job[6] = job[7] = count
        job[8] = stride
        if not count:
            job[6] = 1
        self._list(key, source)

    def circular(self, key, counts, rows, length, head):
        """``"key":[[...],...]``: the ring's ``rows`` channels, oldest slot first.

        ``counts`` is channel-major: slot i of channel c is ``counts[c * length + (head + i) % length]``.
        """
        self._length = length
        self._head = head
        self._rows(key, counts, rows)

    def text(self, key, value):
        """``"key":`` and ``value`` as JSON: a string, or lists and dictionaries of them. Allocates."""
        data = b',"' + key + b'":' + json.dumps(value, separators=(",", ":")).encode()
        for at in range(0, len(data), 32):
            self.literal(data[at : at + 32])

    def literal(self, data):
        """At most 32 bytes as they are, a comma, a key and a value: ``b',"why":"no_data"'``."""
        job = self._job
        job[3] = 32
        job[7] = 0
        self._list(data, data)

    def end(self):
        """Close the frame and send what is left of it."""
        job = self._job
        if job[0] > len(self._buf) - 16:
            self._flush(0)
        self._flush(1)
        job[1] = job[2] = 0xFFFF
        self._open = False

    # A function of more than 11 words of state takes them from the heap at each call (py/objfun.c):
    # hence the small ones below.

    def _list(self, key, source):
        while not put(self._buf, self._job, key, source):
            self._flush(0)

    def _rows(self, key, counts, rows):
        row = 0
        while row < rows:
            self._row(row, rows)
            self._list(key, counts)
            row += 1

    def _row(self, row, rows):
        job = self._job
        job[3] = 1 | (2 if row == 0 else 8) | (4 if row == rows - 1 else 0)
        job[4] = row * self._length
        job[5] = self._head
        job[6] = job[7] = self._length

    def _flush(self, last):
        self._write(self._buf, checksum(self._buf, self._job, self._table, last))
        self._job[0] = 0

    def _cut(self):
        """End a broken frame's line, without a valid CRC."""
        job, buf = self._job, self._buf
        if job[0] >= len(buf) - 1:
            self._flush(0)
        buf[job[0]] = 10
        self._write(buf, job[0] + 1)
        job[0] = 0
        job[1] = job[2] = 0xFFFF
        job[3] = job[4] = job[5] = 0
        job[6] = job[7] = job[8] = 1
        job[9] = -1
