"""A channel in a register of an I2C device."""

from .scaling import count

MISSING = -32768


class I2c:
    """Reads ``size`` bytes (1 or 2) of ``register`` as an integer. A device that does not answer is a
    missing sample, never an exception: that is for the gate to judge.

    ``setup``: [register, byte, ...] pairs written at the start, and again after a failure (the device may
    have lost its supply).
    """

    def __init__(self, bus, address, register, size, signed, big, setup, high, low, shift, bias):
        self._bus = bus
        self._address = address
        self._register = register
        self._buf = bytearray(size)
        self._sign = 1 << (8 * size - 1) if signed else 0
        self._big = big
        self._setup = [(setup[i], bytes((setup[i + 1],))) for i in range(0, len(setup), 2)]
        self._high = high
        self._low = low
        self._shift = shift
        self._bias = bias
        self._ready = False

    def count(self):
        try:
            self._fetch()
        except OSError:
            self._ready = False
            return MISSING
        return count(self._raw(), self._high, self._low, self._shift, self._bias)

    def _fetch(self):
        if not self._ready:
            for register, data in self._setup:
                self._bus.writeto_mem(self._address, register, data)
            self._ready = True
        self._bus.readfrom_mem_into(self._address, self._register, self._buf)

    def _raw(self):
        buf = self._buf
        raw = buf[0]
        if len(buf) == 2:
            raw = raw << 8 | buf[1] if self._big else buf[1] << 8 | raw
        return (raw ^ self._sign) - self._sign
