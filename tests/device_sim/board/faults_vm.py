"""Runs on the VM, in a folder with a bundle's gate/: faults at random while the gate judges what its converter shows.

Each fault lasts a few records; the board's reset is this script's to carry out. Prints what was counted: `wrong`
lists what must never be (a loop that ended, a window in no count, a window after a fault that got no verdict).
"""

import builtins
import gc
import json
import random
import sys
import time

import machine

WINDOWS, FAULTS, SEED = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
LENGTH, HOP = 16, 8
BEHIND = (LENGTH + HOP - 1) // HOP + 1  # windows after a fault's end, of which the last has none of its records
STATE_BOOTS, JUDGED, COMMISSIONING, FAILED = 5, 17, 18, 19  # firmware/device/layout.py


class Bite(BaseException):
    """The watchdog has bitten."""


class Reset(BaseException):
    """The board has reset."""


class World:
    """What is wrong now: ``kind``, for ``left`` more records."""

    kind = None
    left = 0
    hog: list = []

    @classmethod
    def release(cls):
        """Gives the heap back. A stale word on the stack may still point to a list, but no longer to what it held."""
        for taken in cls.hog:
            taken.clear()
        cls.hog.clear()


class Adc:
    """A quiet converter, and what may be wrong with it."""

    seed = 1

    def __init__(self, id, **more):
        pass

    def read_u16(self):
        if World.left:
            World.left -= 1
            if World.kind == "raises":
                raise OSError(5)
            if World.kind == "no number":
                return None
            if World.kind == "garbage":
                return random.getrandbits(16)
            if World.kind == "hangs":
                time.sleep_ms(9000)
                raise Bite
        Adc.seed = (Adc.seed * 9301 + 49297) % 233280
        return 32000 + Adc.seed % 257


machine.ADC = Adc


class Full:
    """A file on a full file system."""

    def __init__(self, file):
        self._file = file

    def write(self, data):
        if World.left and World.kind == "full flash":
            raise OSError(28)
        return self._file.write(data)

    def seek(self, *at):
        return self._file.seek(*at)

    def read(self, n=-1):
        return self._file.read(n)

    def readinto(self, buf):
        return self._file.readinto(buf)

    def close(self):
        self._file.close()

    def flush(self):
        self._file.flush()


_open = open


def opened(path, mode="r"):
    """What the board writes lies on a file system that may be full."""
    file = _open(path, mode)
    return Full(file) if "+" in mode else file


builtins.open = opened
KINDS = (
    "raises", "no number", "garbage", "hangs", "full flash", "no heap", "clock", "deaf host", "unforeseen", "allocates",
)  # fmt: skip


def start():
    """A board that has just reset."""
    for name in [name for name in sys.modules if name.split(".")[0] == "motegate"]:
        del sys.modules[name]
    World.release()
    gc.collect()
    from motegate.clock import Clock
    from motegate.hal import Hal

    from motegate import main

    class Board(Hal):
        def write(self, buf, n):
            if World.left and World.kind == "deaf host":
                time.sleep_ms(500)
                raise OSError(110)

        def reset(self):
            raise Reset

    hal = Board(Clock())
    gate = main.build("", hal, main.Writer(hal.write))
    fill = gate.dimensions.fill

    def odd(stats, reference):
        if World.left and World.kind == "unforeseen":
            World.left = 0
            raise ZeroDivisionError
        if World.left and World.kind == "allocates":
            raise MemoryError
        fill(stats, reference)

    gate.dimensions.fill = odd
    return main, hal, gate


class Step:
    """The gate's step in the loop's hands: faults begin here, and every window is looked at."""

    def __init__(self, hal, gate):
        self.hal, self.gate, self._step = hal, gate, gate.step
        self.behind = -1
        self.free = 0

    def weigh(self):
        """Free heap, between two faults, against what it was when this start had settled."""
        gc.collect()
        now = gc.mem_free()
        self.free = self.free or now
        seen["lost"] = max(seen["lost"], self.free - now)

    def __call__(self):
        counts, gate = self.hal.counts, self.gate
        if seen["windows"] + gate.windows >= WINDOWS:
            return -1
        if not World.left:
            World.release()
            if self.behind < 0 and self.gate.windows % 64 == 63:
                self.weigh()
            if self.behind < 0 and random.getrandbits(16) < CHANCE:
                begin(self.hal)
                self.behind = BEHIND
        before, judged, wrong = gate.windows, counts[JUDGED] + counts[COMMISSIONING], World.left
        got = self._step()
        if gate.windows > before and not wrong and self.behind >= 0:
            self.behind -= 1
            if self.behind < 0:
                seen["recovered"] += 1
                if counts[JUDGED] + counts[COMMISSIONING] != judged + 1:
                    seen["wrong"].append("no verdict after " + World.kind)
        if gate.windows != counts[JUDGED] + counts[COMMISSIONING] + counts[FAILED]:
            seen["wrong"].append("a window in no count")
        return got


def begin(hal):
    World.kind = KINDS[random.randrange(len(KINDS))]
    World.left = random.randrange(1, 4 * HOP)
    seen["faults"][World.kind] = seen["faults"].get(World.kind, 0) + 1
    if World.kind == "clock":
        hal.clock.seconds += random.randrange(-100000, 100000)
    elif World.kind == "no heap":
        size = 1 << 16
        while size >= 64:
            try:
                World.hog.append([0] * (size // 8))
            except MemoryError:
                size >>= 1


random.seed(SEED)
CHANCE = 65536 * FAULTS // WINDOWS * 10 // 6 + 1  # a step is a window, but while a fault lasts
seen = {
    "windows": 0,
    "judged": 0,
    "failed": 0,
    "faults": {},
    "recovered": 0,
    "resets": 0,
    "bites": 0,
    "lost": 0,
    "wrong": [],
}
while seen["windows"] < WINDOWS and len(seen["wrong"]) < 5:
    World.left = 0
    main, hal, gate = start()
    gate.step = Step(hal, gate)
    hal.clock.uptime = 1000  # resets are far apart: safe mode is another test's
    try:
        main.loop(gate, hal, hal.writer)
        if seen["windows"] + gate.windows < WINDOWS:
            seen["wrong"].append("the loop ended")
    except Reset:
        seen["resets"] += 1
    except Bite:
        seen["bites"] += 1
    World.left = 0
    World.release()
    seen["windows"] += gate.windows
    seen["judged"] += hal.counts[JUDGED] + hal.counts[COMMISSIONING]
    seen["failed"] += hal.counts[FAILED]
    seen["boots"] = hal.counts[STATE_BOOTS]
    main = hal = gate = None
print(json.dumps(seen))
