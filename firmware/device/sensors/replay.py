"""A recording as a sensor: the replay file, read a block at a time.

The file, little-endian: ``MGR1``, uint16 channels C, uint16 status fields F, uint32 records, uint32 0;
then each record: int32 seconds since 2020-01-01 UTC, int16 milliseconds, int16 counts[C] (and one more where
C is even), int32 sequence number (-1: none), int32 status[F].
"""

import struct
from array import array

from ..compat import const
from ..kernels import replay as kernel
from ..layout import (
    REPLAY_ARRAYS,
    REPLAY_AT,
    REPLAY_BYTES,
    REPLAY_CHANNELS,
    REPLAY_COUNT,
    REPLAY_MILLIS,
    REPLAY_SECONDS,
    REPLAY_SEQS,
    REPLAY_SIZE,
    REPLAY_START,
    REPLAY_VALUES,
)

KEYS: dict = {}

_BLOCK = const(1024)  # bytes read at once, in whole records


class Replay:
    """Source of records from ``file`` (opened in binary). ValueError when it is no replay of
    ``n_channels`` channels and ``n_fields`` status fields, or its end is missing."""

    def __init__(self, file, n_channels, n_fields):
        head = file.read(16)
        if len(head) < 16 or head[:4] != b"MGR1":
            raise ValueError("replay.bin: not a replay file")
        channels, n_status, self.records, _ = struct.unpack("<HHII", head[4:])
        if channels != n_channels or n_status != n_fields:
            raise ValueError(
                "replay.bin: %d channels and %d status fields, the plan has %d and %d"
                % (channels, n_status, n_channels, n_fields)
            )
        size = (6 + 2 * channels + 3) // 4 * 4 + 4 + 4 * n_status
        if file.seek(0, 2) != 16 + size * self.records:
            raise ValueError("replay.bin: its end is missing")
        file.seek(16)
        self._file = file
        self._buf = bytearray(max(_BLOCK // size, 1) * size)
        self._job = array("i", [0] * REPLAY_SIZE)
        self._job[REPLAY_CHANNELS] = channels
        self._job[REPLAY_BYTES] = size
        self._arrays = [None] * REPLAY_ARRAYS
        self._fields = n_status
        self._tail = size - 4 * n_status
        self._block = 0  # where the block last read begins in the buffer
        self._before = array("i", [-(1 << 30)] * n_status)  # fields of the last record before it
        self._size = size
        self._left = 0

    def read(self, values, seconds, millis, seqs, start, n):
        """Up to ``n`` records into the arrays from index ``start`` on; -1 at the end."""
        self._arrays[REPLAY_VALUES] = values
        self._arrays[REPLAY_SECONDS] = seconds
        self._arrays[REPLAY_MILLIS] = millis
        self._arrays[REPLAY_SEQS] = seqs
        return self._take(start, n)

    def status(self, out, newest):
        """The fields of record ``newest`` of the block last read; -1: of the last before it."""
        if newest < 0:
            i = 0
            while i < self._fields:
                out[i] = self._before[i]
                i += 1
        else:
            kernel.fields(self._buf, self._block + newest * self._size + self._tail, self._fields, out)

    def _take(self, start, n):
        job = self._job
        if job[REPLAY_AT]:
            kernel.fields(self._buf, job[REPLAY_AT] - self._size + self._tail, self._fields, self._before)
        if not self._left and not self._fill():
            return -1
        if n > self._left:
            n = self._left
        job[REPLAY_COUNT] = n
        job[REPLAY_START] = start
        kernel.unpack(self._buf, job, self._arrays)
        self._block = job[REPLAY_AT]
        job[REPLAY_AT] += n * self._size
        self._left -= n
        return n

    def _fill(self):
        self._job[REPLAY_AT] = 0
        self._left = self._file.readinto(self._buf) // self._size
        return self._left
