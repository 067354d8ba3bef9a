"""What the simulated pins see: the recording's raw values, held from each record's time to the next.

The host writes a header (`uint32` width) and blocks: `uint32` rows (at most ROWS), `uint32` step in milliseconds (how
long each row is the present one) and rows of `uint16 raw[width]`. A missing cell holds the value before it: a converter
always has one.
"""

import time
from array import array

import micropython

ROWS = micropython.const(2048)


class World:
    """A block of rows, the present one found by the virtual clock; the end of the file ends the run.

    Row i of the block is the present one from `begin + i * step` on (microseconds of virtual time), until `end`.
    """

    def __init__(self, path, pins, little):
        self.pins = pins  # "26" (a pin) or "64:2" (address and register on a bus, decimal) -> column
        self.little = little  # the registers whose low byte comes first
        self.file = open(path, "rb")
        self.width = int.from_bytes(self.file.read(4), "little")
        self.head = array("I", (0, 0))
        self.block = array("H", bytes(2 * ROWS * self.width))
        self.begin = self.end = 0
        self.step = 1
        self.next()

    def next(self):
        """Take the block that holds now."""
        while time.us >= self.end:
            if not self.file.readinto(self.head):
                raise SystemExit  # the recording is at its end, and so is the run
            self.file.readinto(self.block, 2 * self.head[0] * self.width)
            self.step = self.head[1] * 1000
            self.begin = self.end
            self.end += self.head[0] * self.step

    @micropython.native
    def at(self):
        """Where the present row's values begin in `block`."""
        if time.us >= self.end:
            self.next()
        return (time.us - self.begin) // self.step * self.width

    def column(self, key):
        """The column that this pin or register shows."""
        if key not in self.pins:
            raise ValueError("nothing is wired to %s: %s are" % (key, ", ".join(sorted(self.pins))))
        return self.pins[key]
