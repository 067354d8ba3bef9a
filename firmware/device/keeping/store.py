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

from ..compat import const
from ..layout import STORE_HEAD, STORE_HEAD_MILLIS, STORE_NUMBER, STORE_SECONDS
from .state import Summed

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
    """Appends to the file at ``path``; one of another shape is begun anew. ``next``: the number of the next record,
    ``torn``: places whose record is not whole, as one is that a power cut ended."""

    def __init__(self, path, plan):
        channels = len(plan["channels"])
        counts = (channels + 2) * plan["length"]
        self.slots = capacity(plan)
        self.size = _BODY + 2 * counts + 4
        self._head = array("i", [0] * STORE_HEAD)
        header = b"MGS1" + struct.pack("<HHII", channels, plan["length"], self.slots, self.size)
        self._file = Summed(_open(path, header))
        self.torn = 0
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
        file.begin(_HEADER + self.next % self.slots * self.size)
        file.put(self._head, _BODY)
        file.put(counts, self.size - _BODY - 4)
        file.end()

    def _newest(self, n_counts):
        """The sequence number after the last whole record's."""
        counts = array("h", range(n_counts))  # its room; bytes() would take it twice
        tail = bytearray(4)
        newest = -1
        summed = self._file
        file = summed.file
        file.seek(_HEADER)
        for slot in range(self.slots):
            read = file.readinto(self._head)
            if read == _BODY:
                file.readinto(counts)
            if read != _BODY or file.readinto(tail) != 4:
                self.torn += 1 if read else 0
                break
            summed.start()
            summed.add(self._head, _BODY)
            summed.add(counts, self.size - _BODY - 4)
            summed.sum()
            number = self._head[STORE_NUMBER]
            if tail == summed.tail and number % self.slots == slot and 0 <= number <= _LAST:
                if newest < 0 or (number - newest) & _LAST < 1 << 28:
                    newest = number
            else:
                self.torn += 1
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
