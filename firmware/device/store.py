"""Windows kept on the board: a ring of records in one file, the oldest overwritten, as `store` asks.

The file, little-endian: ``MGS1``, uint16 channels C, uint16 length L, uint32 records, uint32 bytes a record;
then the records, each: uint32 sequence number (from 0, modulo 2^29), int32 seconds and int16 milliseconds of
the window's newest record, uint16 head, int16[(C + 2) * L] the ring (channels, lateness, flags; slot i of a
row at ``(head + i) % L``), uint32 CRC-32 of all before. Record k lies at place k modulo their number; one
whose CRC is wrong (power failed in the middle) is no record. firmware/stored.py reads it on a host.

On littlefs a write in the middle of a file writes the blocks behind it anew: an append costs up to the whole
file in flash writes, hence the small bound.
"""

import struct
from array import array

from .compat import const
from .frames import CRC_TABLE
from .kernels import frame as kernel
from .layout import (
    FRAME_CRC_HIGH,
    FRAME_CRC_LOW,
    FRAME_POS,
    FRAME_SIZE,
    STORE_HEAD,
    STORE_HEAD_MILLIS,
    STORE_NUMBER,
    STORE_SECONDS,
)

_HEADER = const(16)
_BODY = const(4 * STORE_HEAD)
_WINDOWS = const(64)
_BYTES = const(65536)
_LAST = const((1 << 29) - 1)


def capacity(plan):
    """Windows the store holds: 64, or what fits 64 KiB, at least one."""
    size = _BODY + 2 * (len(plan["channels"]) + 2) * plan["length"] + 4
    return max(1, min(_WINDOWS, (_BYTES - _HEADER) // size))


class Store:
    """Appends to the file at ``path``; one of another shape is begun anew."""

    def __init__(self, path, plan):
        channels = len(plan["channels"])
        counts = (channels + 2) * plan["length"]
        self.slots = capacity(plan)
        self.size = _BODY + 2 * counts + 4
        self._head = array("i", [0] * STORE_HEAD)
        self._tail = bytearray(4)
        self._job = array("i", [0] * FRAME_SIZE)
        header = b"MGS1" + struct.pack("<HHII", channels, plan["length"], self.slots, self.size)
        self._file = _open(path, header)
        self.next = self._newest(counts)

    def append(self, ring, seconds, millis):
        """Keep the window that the ring holds."""
        head = self._head
        head[STORE_NUMBER] = self.next
        head[STORE_SECONDS] = seconds
        head[STORE_HEAD_MILLIS] = ring.head() << 16 | millis
        self._write(ring.counts)
        self.next = (self.next + 1) & _LAST

    def _write(self, counts):
        file = self._file
        file.seek(_HEADER + self.next % self.slots * self.size)
        file.write(self._head)
        file.write(counts)
        self._sum(counts)
        file.write(self._tail)
        file.flush()

    def _sum(self, counts):
        """Leave the CRC of head and counts in the tail."""
        job = self._job
        job[FRAME_CRC_LOW] = job[FRAME_CRC_HIGH] = 0xFFFF
        job[FRAME_POS] = _BODY
        kernel.checksum(self._head, job, CRC_TABLE, 0)
        job[FRAME_POS] = self.size - _BODY - 4
        kernel.checksum(counts, job, CRC_TABLE, 0)
        struct.pack_into("<HH", self._tail, 0, job[FRAME_CRC_LOW] ^ 0xFFFF, job[FRAME_CRC_HIGH] ^ 0xFFFF)

    def _newest(self, n_counts):
        """The sequence number after the last whole record's."""
        counts = array("h", range(n_counts))  # its room; bytes() would take it twice
        tail = bytearray(4)
        newest = -1
        self._file.seek(_HEADER)
        for slot in range(self.slots):
            if self._file.readinto(self._head) != _BODY:
                break
            self._file.readinto(counts)
            if self._file.readinto(tail) != 4:
                break
            self._sum(counts)
            number = self._head[STORE_NUMBER]
            if tail == self._tail and number % self.slots == slot and 0 <= number <= _LAST:
                if newest < 0 or (number - newest) & _LAST < 1 << 28:
                    newest = number
        return newest + 1 & _LAST


def _open(path, header):
    try:
        file = open(path, "r+b")
        if file.read(_HEADER) == header:
            return file
        file.close()
    except OSError:
        pass
    file = open(path, "w+b")
    file.write(header)
    file.flush()
    return file
