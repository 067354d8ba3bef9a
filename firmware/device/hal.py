"""The hardware layer: what the gate asks of a board while it runs. On a host without `machine` pins are remembered and
nothing else is there."""

import gc
import sys

from .compat import MICROPYTHON
from .layout import MISSING_STATUS

try:
    import machine
except ImportError:
    machine = None


class Hal:
    """``clock`` counts the time since reset; ``readers`` fill status fields by name (``count() -> int``)."""

    def __init__(self, clock, readers=None):
        self.clock = clock
        self.readers = readers or {}
        self.levels = {}
        self._pins = {}

    def output(self, pin):
        """Make ``pin`` an output, low."""
        self.levels[pin] = 0
        self._pins[pin] = machine.Pin(pin, machine.Pin.OUT, value=0) if hasattr(machine, "Pin") else None

    def pin(self, pin, level):
        """Set an output."""
        self.levels[pin] = level
        if self._pins[pin]:
            self._pins[pin].value(level)

    def status(self, names, out):
        """Fill ``out`` with the status fields of those names; -2**30 where the board has none."""
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
        return MISSING_STATUS

    def heap_free(self):
        """Bytes; 0 where there is no such heap."""
        return gc.mem_free() if MICROPYTHON else 0

    def write(self, buf, n):
        """Send the first ``n`` bytes to the host."""
        if MICROPYTHON:
            sys.stdout.buffer.write(buf, n)
        else:
            sys.stdout.buffer.write(memoryview(buf)[:n])
