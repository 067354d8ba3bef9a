"""What the simulated pins see: the recording's raw values, held from each record's time to the next.

The host writes a header (`uint32` width) and rows of `uint32 hold_ms` (how long the row is the present one, 0 = never)
and `uint16 raw[width]`, width even. A missing cell holds the value before it: a converter always has one.
"""

import time
from array import array

import micropython

ROWS = micropython.const(1024)  # rows a block


class World:
    """Rows from a file, the present one found by the virtual clock; the end of the file ends the run."""

    def __init__(self, path, pins, little):
        self.pins = pins  # "26" (a pin) or "64:2" (address and register on a bus, decimal) -> column
        self.little = little  # the registers whose low byte comes first
        self.file = open(path, "rb")
        self.width = int.from_bytes(self.file.read(4), "little")
        self.stride = self.width + 2
        self.block = array("H", bytes(2 * ROWS * self.stride))
        self.rows = 0  # left in the block, the present one included
        self.at = 0  # where the present row's values start
        self.until = 0  # microseconds of virtual time at which the next row takes over
        self.next()

    def fill(self):
        n = self.file.readinto(self.block)
        if not n:
            raise SystemExit  # the recording is at its end, and so is the run
        self.rows = n // (2 * self.stride)
        self.at = 2

    @micropython.native
    def next(self):
        """Take the row that holds now."""
        now = time.us
        until = self.until
        while now >= until:
            self.rows -= 1
            if self.rows > 0:
                self.at += self.stride
            else:
                self.fill()
            at = self.at
            until += (self.block[at - 2] | self.block[at - 1] << 16) * 1000
        self.until = until

    def column(self, key):
        """The column that this pin or register shows."""
        if key not in self.pins:
            raise ValueError("nothing is wired to %s: %s are" % (key, ", ".join(sorted(self.pins))))
        return self.pins[key]


world = None  # the runner makes it when the board's own drivers are to run
