"""The hardware layer: everything the gate asks of a board. On a host without `machine` pins are remembered
and nothing else is there."""

import gc
import sys

from .compat import MICROPYTHON

try:
    import machine
except ImportError:
    machine = None

MISSING = -(1 << 30)  # a status field that nothing fills


class Hal:
    """``clock`` counts the time since reset; ``readers`` fill status fields by name (``count() -> int``)."""

    def __init__(self, clock, readers=None):
        self.clock = clock
        self.readers = readers or {}
        self.levels = {}
        self._pins = {}
        self._buses = {}

    def output(self, pin):
        """Make ``pin`` an output, low."""
        self.levels[pin] = 0
        self._pins[pin] = machine.Pin(pin, machine.Pin.OUT, value=0) if hasattr(machine, "Pin") else None

    def pin(self, pin, level):
        """Set an output."""
        self.levels[pin] = level
        if self._pins[pin]:
            self._pins[pin].value(level)

    def adc(self, pin):
        """An analogue input with ``read_u16()``; ``pin`` is a number, or a name on boards that name them."""
        if hasattr(machine.ADC, "ATTN_11DB"):  # ESP32: else its range ends at 1 V
            return machine.ADC(machine.Pin(pin), atten=machine.ADC.ATTN_11DB)
        return machine.ADC(machine.Pin(pin) if isinstance(pin, str) else pin)

    def i2c(self, bus, scl, sda, freq):
        """The I2C bus of that number, made once."""
        if bus not in self._buses:
            self._buses[bus] = machine.I2C(bus, scl=machine.Pin(scl), sda=machine.Pin(sda), freq=freq)
        return self._buses[bus]

    def status(self, names, out):
        """Fill ``out`` with the status fields of those names; MISSING where the board has none."""
        i = 0
        while i < len(names):
            out[i] = self.field(names[i])
            i += 1

    def field(self, name):
        if name in self.readers:
            return self.readers[name].count()
        if name == "since_reset_s":
            return self.clock.uptime
        if name == "clock_set":
            return self.clock.is_set()
        return MISSING

    def heap_free(self):
        """Bytes; 0 where there is no such heap."""
        return gc.mem_free() if MICROPYTHON else 0

    def write(self, buf, n):
        """Send the first ``n`` bytes to the host."""
        if MICROPYTHON:
            sys.stdout.buffer.write(buf, n)
        else:
            sys.stdout.buffer.write(memoryview(buf)[:n])

    def reset_cause(self):
        return machine.reset_cause() if hasattr(machine, "reset_cause") else 0

    def unique_id(self):
        """Hex digits."""
        return machine.unique_id().hex() if hasattr(machine, "unique_id") else ""
