"""Frames: what the board says, a line each: compact JSON, tab, CRC-32 of the JSON in hex, newline.

A frame is written through one small buffer, sent whenever it is full, with the CRC running: a window of
1,024 samples needs no more memory than a verdict. Nothing is allocated but by ``text``. docs/frames.md
lists every kind and key.
"""

import json
import struct
from array import array

from .compat import const
from .kernels import frame as kernel
from .layout import (
    ABSORBED_WHY,
    ASKED_WHY,
    COMMISSIONING,
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
    FRAME_SIZE,
    FRAME_STRIDE,
    NO_DATA,
    SEND_DIMENSIONS,
    SEND_SAMPLES,
)

_SIZE = const(256)
_LAST = const((1 << 29) - 1)  # the sequence number stays a small int on 32 bits


def _crc_table():
    """uint32[256]: CRC-32 (reflected polynomial EDB88320, as in zlib) of each byte."""
    table = array("I", bytes(1024))
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
        table[byte] = crc
    return table


CRC_TABLE = _crc_table()


class Checksum:
    """A CRC-32, piece by piece, by the frames' own kernel: nothing is allocated. ``tail``: its bytes, little-endian."""

    def __init__(self):
        self.tail = bytearray(4)
        self._job = array("i", [0] * FRAME_SIZE)

    def start(self):
        self._job[FRAME_CRC_LOW] = self._job[FRAME_CRC_HIGH] = 0xFFFF

    def add(self, piece, size):
        """Takes the first ``size`` bytes of ``piece``."""
        job = self._job
        job[FRAME_POS] = size
        kernel.checksum(piece, job, CRC_TABLE, 0)

    def sum(self):
        """Leaves the CRC in ``tail``."""
        job = self._job
        struct.pack_into("<HH", self.tail, 0, job[FRAME_CRC_LOW] ^ 0xFFFF, job[FRAME_CRC_HIGH] ^ 0xFFFF)


def _restart(job):
    """Nothing in the buffer, every other field at its default."""
    for k in range(FRAME_SIZE):
        job[k] = 0
    job[FRAME_CRC_LOW] = job[FRAME_CRC_HIGH] = 0xFFFF
    job[FRAME_LENGTH] = job[FRAME_COUNT] = job[FRAME_STRIDE] = 1
    job[FRAME_DONE] = -1


class Writer:
    """Writes frames through ``write(buf, n)``, which sends the first ``n`` bytes of ``buf``.

    A frame is ``begin(kind)``, any keys, ``end()``. One that was begun and never ended (an exception came
    between) is cut off by the next ``begin`` and shows on the host as one lost frame. Keys are bytes.

    ``boot``: the number of this start, in every frame, so that (device, boot, n) is unique; ``safe``: 1 where every
    frame says that the board is in safe mode."""

    def __init__(self, write, size=_SIZE):
        self._write = write
        self._buf = bytearray(size)
        self._job = array("i", [0] * FRAME_SIZE)
        _restart(self._job)
        self._two = array("i", (0, 0))
        self._table = CRC_TABLE
        self._length = self._head = 0
        self._open = False
        self.n = self.boot = self.safe = 0

    def begin(self, kind):
        """Start a frame of ``kind`` and take the next sequence number (modulo 2^29)."""
        job = self._job
        if self._open:
            self._cut()
        self._open = True
        job[FRAME_MODE] = FRAME_BEGIN
        self._two[0] = self.n
        self.n = (self.n + 1) & _LAST
        kernel.put(self._buf, job, kind, self._two)
        if self.boot:
            self.number(b"b", self.boot)
        if self.safe:
            self.number(b"safe", 1)

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
        job[FRAME_MODE] = FRAME_LIST
        job[FRAME_BASE] = start
        job[FRAME_LENGTH] = job[FRAME_COUNT] = count
        job[FRAME_STRIDE] = stride
        if not count:
            job[FRAME_LENGTH] = 1
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
        job[FRAME_MODE] = FRAME_LITERAL
        job[FRAME_COUNT] = 0
        self._list(data, data)

    def end(self):
        """Close the frame and send what is left of it."""
        job = self._job
        if job[FRAME_POS] > len(self._buf) - 16:
            self._flush(0)
        self._flush(1)
        job[FRAME_CRC_LOW] = job[FRAME_CRC_HIGH] = 0xFFFF
        self._open = False

    # A function of more than 11 words of state takes them from the heap at each call (py/objfun.c):
    # hence the small ones below.

    def _list(self, key, source):
        while not kernel.put(self._buf, self._job, key, source):
            self._flush(0)

    def _rows(self, key, counts, rows):
        row = 0
        while row < rows:
            self._row(row, rows)
            self._list(key, counts)
            row += 1

    def _row(self, row, rows):
        job = self._job
        job[FRAME_MODE] = (
            FRAME_LIST | (FRAME_OUTER if row == 0 else FRAME_ROW) | (FRAME_CLOSE if row == rows - 1 else 0)
        )
        job[FRAME_BASE] = row * self._length
        job[FRAME_HEAD] = self._head
        job[FRAME_LENGTH] = job[FRAME_COUNT] = self._length

    def _flush(self, last):
        self._write(self._buf, kernel.checksum(self._buf, self._job, self._table, last))
        self._job[FRAME_POS] = 0

    def _cut(self):
        """End a broken frame's line, without a valid CRC."""
        job, buf = self._job, self._buf
        if job[FRAME_POS] >= len(buf) - 1:
            self._flush(0)
        buf[job[FRAME_POS]] = 10
        self._write(buf, job[FRAME_POS] + 1)
        _restart(job)


class Report:
    """Reads verdicts into frames. ``actions`` says what the frame of an action carries beyond its scores. ``quiet``: 1
    where only windows that fail are worth one."""

    def __init__(self, writer, ring, actions):
        self.quiet = 0
        self._writer = writer
        self._ring = ring
        self._actions = actions

    def take(self, verdict):
        if self.quiet and 0 not in verdict.passes:
            return
        writer = self._writer
        writer.begin(b"verdict")
        writer.pair(b"t", verdict.seconds, verdict.millis)
        if verdict.why == COMMISSIONING:
            writer.literal(b',"why":"commissioning"')
        else:
            self._judged(verdict, writer)
        writer.end()

    def _judged(self, verdict, writer):
        n = len(verdict.passes)
        writer.numbers(b"p", verdict.passes, 0, n)
        writer.numbers(b"s", verdict.scores, 0, n)
        writer.number(b"a", verdict.action)
        sends = self._actions.sends(verdict.action)
        if sends & SEND_DIMENSIONS:
            writer.numbers(b"x", verdict.values, 0, len(verdict.values))
            if verdict.regime >= 0:
                writer.number(b"r", verdict.regime)
        if sends & SEND_SAMPLES:
            ring = self._ring
            writer.circular(b"w", ring.counts, ring.n_channels, ring.length, ring.head())
        if verdict.why == NO_DATA:
            writer.literal(b',"why":"no_data"')
        elif verdict.why == ASKED_WHY:
            writer.literal(b',"why":"asked"')
        elif verdict.why == ABSORBED_WHY:
            writer.literal(b',"why":"absorbed"')
