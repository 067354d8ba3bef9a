"""What the simulated pins see: the recording's raw values, held from each record's time to the next.

The host writes a header (`uint32` width) and blocks: `uint32` rows (at most ROWS), `uint32` step in milliseconds (how
long each row is the present one) and rows of `uint16 raw[width]`. A missing cell holds the value before it: a converter
always has one.

A *live* world comes through a pipe while the run goes on: whenever it needs more it says so on the line, MORE and the
pins' levels, and waits. There a block of no rows is a control: its step says how readings fail from then on, or END.
"""

import json
import time
from array import array

import micropython
from controls import END, HANGING, MORE, WELL

ROWS = micropython.const(2048)
ETIMEDOUT, EIO = 110, 5
HANG_MS = 1000


class World:
    """A block of rows, the present one found by the virtual clock; the end of the file ends the run.

    Row i of the block is the present one from `begin + i * step` on (microseconds of virtual time), until `end`.
    """

    def __init__(self, path, pins, little, levels=None):
        self.pins = pins  # "26" (a pin) or "64:2" (address and register on a bus, decimal) -> column
        self.little = little  # the registers whose low byte comes first
        self.levels = levels  # pin -> level, of a live world
        self.fault = WELL
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
            if self.levels is not None:
                self.ask()
            elif not self.file.readinto(self.head):
                raise SystemExit  # the recording is at its end, and so is the run
            self.file.readinto(self.block, 2 * self.head[0] * self.width)
            self.step = self.head[1] * 1000
            self.begin = self.end
            self.end += self.head[0] * self.step

    def ask(self):
        """The next head that has rows."""
        print(MORE + json.dumps(self.levels))
        self.file.readinto(self.head)
        while not self.head[0]:
            if self.head[1] == END:
                raise SystemExit
            self.fault = self.head[1]
            self.file.readinto(self.head)

    def fail(self):
        """A reading that fails as it was told to."""
        if self.fault == HANGING:
            time.sleep_ms(HANG_MS)
            raise OSError(ETIMEDOUT)
        raise OSError(EIO)

    @micropython.native
    def at(self):
        """Where the present row's values begin in `block`."""
        if time.us >= self.end:
            self.next()
        if self.fault:
            self.fail()
        return (time.us - self.begin) // self.step * self.width

    def column(self, key):
        """The column that this pin or register shows."""
        if key not in self.pins:
            raise ValueError("nothing is wired to %s: %s are" % (key, ", ".join(sorted(self.pins))))
        return self.pins[key]
