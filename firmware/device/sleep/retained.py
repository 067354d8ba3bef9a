"""What lies in the memory that a deep sleep keeps: ``machine.RTC().memory()``, 2,048 bytes on an ESP32.

Little-endian: int32[DEEP_SIZE] (layout.py); for each of DEEP_ROOM records int32 seconds since 2020, int16 milliseconds
and an int16 count a channel; then the gate (whole.py), where it lies here and not in a file. A power cut leaves nothing
of it, or something whose CRC is wrong.
"""

import struct
import time
from array import array
from binascii import crc32

import machine

from ..clock import epoch
from ..compat import const
from ..layout import (
    DEEP_CHANNELS,
    DEEP_CRC,
    DEEP_DUE_MS,
    DEEP_DUE_S,
    DEEP_GATE_BYTES,
    DEEP_GATE_CRC,
    DEEP_MAGIC,
    DEEP_MAGIC_WORD,
    DEEP_PERIOD,
    DEEP_RECORDS,
    DEEP_ROOM,
    DEEP_SIZE,
    DEEP_WAKE_MS,
    DEEP_WAKE_S,
)

FILE = "gate.deep"
"""Where the gate lies when it does not fit, beside the state."""
_HEAD_BYTES = const(4 * DEEP_SIZE)
_SUMMED = const(4 * (DEEP_CRC + 1))  # what the CRC is over begins here
_STAMP = const(6)
_MASK = const(0x3FFFFFFF)


def now():
    """Milliseconds since 2020 by the port's own clock, which goes on in deep sleep."""
    if hasattr(time, "time_ns"):
        return time.time_ns() // 1000000 - epoch() * 1000
    return (int(time.time()) - epoch()) * 1000


def record_bytes(n_channels):
    return _STAMP + 2 * n_channels


class Retained:
    """``head`` int32[DEEP_SIZE], ``records``: their bytes, ``gate``: its own, empty where they lie in the file."""

    def __init__(self, head, records, gate=b""):
        self.head = head
        self.records = records
        self.gate = gate

    def due(self):
        """Milliseconds since 2020 at which the next record is due."""
        return 1000 * self.head[DEEP_DUE_S] + self.head[DEEP_DUE_MS]

    def set_due(self, at):
        self.head[DEEP_DUE_S] = at // 1000
        self.head[DEEP_DUE_MS] = at % 1000

    def wake(self):
        """When the board was to wake up."""
        return 1000 * self.head[DEEP_WAKE_S] + self.head[DEEP_WAKE_MS]

    def set_wake(self, at):
        self.head[DEEP_WAKE_S] = at // 1000
        self.head[DEEP_WAKE_MS] = at % 1000

    def add(self, at, values):
        """One record more, of milliseconds since 2020; there is room."""
        head = self.head
        offset = record_bytes(head[DEEP_CHANNELS]) * head[DEEP_RECORDS]
        struct.pack_into("<ih", self.records, offset, at // 1000, at % 1000)
        for value in values:
            struct.pack_into("<h", self.records, offset + _STAMP, value)
            offset += 2
        head[DEEP_RECORDS] += 1

    def give(self, i, values, seconds, millis, k):
        """Record i into the caller's arrays, as their k-th."""
        channels = self.head[DEEP_CHANNELS]
        offset = record_bytes(channels) * i
        seconds[k], millis[k] = struct.unpack_from("<ih", self.records, offset)
        for c in range(channels):
            (values[k * channels + c],) = struct.unpack_from("<h", self.records, offset + _STAMP + 2 * c)

    def hold(self, gate, root, room):
        """Takes a gate's bytes: here where they fit ``room`` bytes, else into the file."""
        self.head[DEEP_GATE_BYTES] = len(gate)
        self.head[DEEP_GATE_CRC] = crc32(gate) & _MASK
        self.gate = gate
        if len(gate) > room:
            self.gate = b""
            with open(root + FILE, "wb") as f:
                f.write(gate)

    def held(self, root):
        """The gate's bytes; None where they are not whole."""
        gate = self.gate
        if not gate:
            try:
                with open(root + FILE, "rb") as f:
                    gate = f.read()
            except OSError:
                return None
        head = self.head
        whole = len(gate) == head[DEEP_GATE_BYTES] and crc32(gate) & _MASK == head[DEEP_GATE_CRC]
        return gate if whole else None

    def keep(self):
        """Into the memory that lasts."""
        self.head[DEEP_CRC] = self._sum()
        machine.RTC().memory(bytes(self.head) + bytes(self.records) + self.gate)

    def _sum(self):
        return crc32(self.records, crc32(bytes(self.head)[_SUMMED:])) & _MASK

    def sound(self):
        """Whether it is what was kept."""
        return self.head[DEEP_MAGIC] == DEEP_MAGIC_WORD and self.head[DEEP_CRC] == self._sum()


def blank(n_channels, period_ms, room):
    """Nothing yet, with room for so many records."""
    head = array("i", [0] * DEEP_SIZE)
    head[DEEP_MAGIC] = DEEP_MAGIC_WORD
    head[DEEP_CHANNELS] = n_channels
    head[DEEP_PERIOD] = period_ms
    head[DEEP_ROOM] = room
    return Retained(head, bytearray(room * record_bytes(n_channels)))


def recall():
    """What the deep sleep that has just ended kept; None: there was none, or nothing sound is left."""
    if machine.reset_cause() != machine.DEEPSLEEP_RESET or not hasattr(machine.RTC, "memory"):
        return None
    data = machine.RTC().memory()
    if len(data) < _HEAD_BYTES:
        return None
    head = array("i", bytes(data[:_HEAD_BYTES]))
    end = _HEAD_BYTES + head[DEEP_ROOM] * record_bytes(head[DEEP_CHANNELS])
    if not (0 <= head[DEEP_RECORDS] <= head[DEEP_ROOM] and _HEAD_BYTES <= end <= len(data)):
        return None
    kept = Retained(head, bytearray(data[_HEAD_BYTES:end]), bytes(data[end:]))
    return kept if kept.sound() else None
