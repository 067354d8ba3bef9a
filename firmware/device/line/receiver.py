"""Bytes of the line from the host, up to a frame whose CRC is right. Nothing is allocated, nobody waits."""

import sys

from ..compat import const, micropython
from ..frames import Checksum

_SIZE = const(256)  # bytes of the longest frame: no board's receive buffer is smaller
_TAIL = const(9)  # a tab and eight hex digits
_NEWLINE = const(10)
_RETURN = const(13)
_TAB = const(9)
_DIGITS = b"0123456789abcdef"


class Stdin:
    """The console's input. ``closed``: nothing will come any more, as from a file at its end."""

    def __init__(self):
        from select import POLLIN, poll

        self.closed = False
        self._poll = poll()
        self._poll.register(sys.stdin, POLLIN)
        self._stream = sys.stdin.buffer
        for _ in self._poll.ipoll(0):  # what its first event takes of the heap, it takes now if it can
            break

    @micropython.native
    def readinto(self, one):
        """1 where a byte has come, else 0."""
        for _ in self._poll.ipoll(0):
            if self._stream.readinto(one):
                return 1
            self.closed = True
        return 0


class Receiver:
    """Reads ``stream``, whose ``readinto(bytearray(1))`` gives a byte that has come, or 0.

    ``buffer`` holds the frame's JSON when ``receive`` has found one. A line that is too long, damaged or no frame is
    passed over. ``more``: it has stopped at its bound, and more has come.
    """

    def __init__(self, stream):
        self.buffer = bytearray(_SIZE)
        self.stream = stream
        self.more = False
        self.one = bytearray(1)
        self._at = 0
        self._sum = Checksum()

    def receive(self, most=_SIZE, came=0):
        """Takes what has come, at most so many bytes or up to a frame: the bytes of its JSON, or 0.

        ``came``: the first lies in ``one`` already.
        """
        self.more = False
        left = most
        while came or self.stream.readinto(self.one):
            came = 0
            left -= 1
            self.more = not left
            byte = self.one[0]
            if byte == _NEWLINE:
                end = self._at
                self._at = 0
                size = self._valid(end)
                if size:
                    return size
            elif self._at < _SIZE:
                self.buffer[self._at] = byte
                self._at += 1
            else:
                self._at = _SIZE + 1  # too long: up to its end it is no frame
            if not left:
                break
        return 0

    def _valid(self, end):
        """Bytes of the JSON in a line of ``end`` bytes; 0: it is no frame."""
        buf = self.buffer
        if end > _SIZE:
            return 0
        if end and buf[end - 1] == _RETURN:
            end -= 1
        size = end - _TAIL
        if size <= 0 or buf[size] != _TAB:
            return 0
        crc = self._sum
        crc.start()
        crc.add(buf, size)
        crc.sum()
        k = 0
        while k < 8:
            if buf[size + 1 + k] != _DIGITS[crc.tail[3 - (k >> 1)] >> (0 if k & 1 else 4) & 15]:
                return 0
            k += 1
        return size
