"""A channel in a register of an I2C device."""

from ..compat import const
from ..layout import MISSING
from .scaling import count

_HERTZ = const(400000)

KEYS = {
    "bus": ("I2C bus",),
    "address": ("whole", 0x08, 0x77),
    "register": ("whole", 0, 255),
    "bytes": ("whole", 1, 4),
    "signed": ("truth",),
    "big_endian": ("truth",),
    "setup": ("register writes",),
}
DEFAULTS = {"bus": 0, "signed": False, "big_endian": True, "setup": []}


def reading(keys):
    return "%d:%d" % (keys["address"], keys["register"]), 8 * keys["bytes"], keys["signed"], not keys["big_endian"]


class I2c:
    """Reads ``size`` bytes (1 to 4) of ``register`` as an integer; ``big``: its first byte is the high one. Of
    more than 20 bits the lowest are left out. A device that does not answer is a missing sample, never an
    exception: that is for the gate to judge.

    ``setup``: [[register, byte], ...] written at the start, and again after a failure (the device may have
    lost its supply).
    """

    def __init__(self, bus, address, register, size, signed, big, setup, high, low, split, shift, bias):
        self._bus = bus
        self._address = address
        self._register = register
        self._buf = bytearray(size)
        self._big = big
        self._drop = max(0, 8 * min(size, 3) - 20)
        self._sign = 1 << (8 * min(size, 3) - 1) if signed else 0
        self._setup = [(where, bytes((value,))) for where, value in setup]
        self._high = high
        self._low = low
        self._split = split
        self._shift = shift
        self._bias = bias
        self._ready = False

    def count(self):
        try:
            self._fetch()
        except OSError:
            self._ready = False
            return MISSING
        return count(self._raw(), self._high, self._low, self._split, self._shift, self._bias)

    def _fetch(self):
        if not self._ready:
            for register, data in self._setup:
                self._bus.writeto_mem(self._address, register, data)
            self._ready = True
        self._bus.readfrom_mem_into(self._address, self._register, self._buf)

    def _raw(self):
        buf = self._buf
        size = len(buf)
        raw = 0
        i = 0
        while i < size and i < 3:
            raw = raw << 8 | buf[i if self._big else size - 1 - i]
            i += 1
        return (raw ^ self._sign) - self._sign >> self._drop


def make(shared, scaling, bus, scl, sda, address, register, size, signed, big, setup):
    """A bus is made once."""
    import machine

    name = (machine.I2C, bus)
    if name not in shared:
        shared[name] = machine.I2C(bus, scl=machine.Pin(scl), sda=machine.Pin(sda), freq=_HERTZ)
    return I2c(shared[name], address, register, size, signed, big, setup, *scaling)
