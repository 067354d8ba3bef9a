"""Runs on the VM, in a folder with files/ (a bundle): power cuts while the gate stores windows and keeps its state.

The board's lib/ and gate/ lie on the simulated chip; what its converters show is made up here, the same each time.
Prints the campaign's list: "whole" where the board started again by itself with the state of the last write or of the
one that was cut, and every stored window but that one is whole; else what is wrong."""

import json
import os
import struct
import sys
from binascii import crc32

import machine
import power_cuts

WINDOWS = int(sys.argv[1])
THIN = sys.argv[2] == "thin"
EVERY = 8  # windows from one write of the state to the next
STATE_WINDOWS, STATE_BOOTS, STATE_SEQUENCE = 14, 5, 2  # firmware/device/layout.py


class Adc:
    """A quiet converter that now and then sees a burst."""

    seed = 1

    def __init__(self, id, **more):
        pass

    def read_u16(self):
        Adc.seed = (Adc.seed * 9301 + 49297) % 233280
        return 32000 + Adc.seed % 257 + (9000 if Adc.seed % 97 == 0 else 0)


machine.ADC = Adc
said = []
written = []  # (boots, windows) of each write that was begun


def copied(folder, to):
    found = {}
    for entry in os.ilistdir(folder):
        path, there = folder + "/" + entry[0], to + "/" + entry[0]
        if entry[1] & 0x4000:
            found[there] = None
            found.update(copied(path, there))
        else:
            with open(path, "rb") as f:
                found[there] = f.read()
    return found


def run(windows):
    """A start, and so many windows; the hello's kept, and the gate's counts when it has started."""
    for name in [name for name in sys.modules if name.split(".")[0] == "motegate"]:
        del sys.modules[name]
    from motegate.clock import Clock
    from motegate.hal import Hal

    from motegate import main

    class Silent(Hal):
        def write(self, buf, n):
            pass

    hal = Silent(Clock())
    gate = main.build("/", hal, main.Writer(hal.write))
    started = hal.counts[STATE_WINDOWS], hal.counts[STATE_BOOTS]
    alive = True
    while gate.windows < windows:
        before = gate.windows
        gate.step()
        if gate.windows > before and gate.windows % EVERY == 0:
            sequence = hal.counts[STATE_SEQUENCE]
            if alive:  # what runs on without power writes nothing
                written.append((hal.counts[STATE_BOOTS], gate.windows))
            hal.state.save(gate, hal)
            alive = alive and hal.counts[STATE_SEQUENCE] != sequence
    return started


def scenario():
    Adc.seed = 1
    written[:] = []
    run(WINDOWS)


def start():
    """Nothing but power: what look() does is what the board does then."""


def look():
    try:
        windows, _ = run(2)
    except Exception as error:
        return "dead: {} {}".format(type(error).__name__, error)
    allowed = [0] + [w for _, w in written[-2:]]
    if windows not in allowed or (len(written) > 2 and windows == 0):
        return "mixed: {} windows, written {}".format(windows, written)
    return "whole" if stored() else "a stored window is not whole"


def stored():
    """At most one record of the file is none."""
    try:
        with open("windows.bin", "rb") as f:
            magic, _, _, _, size = struct.unpack("<4sHHII", f.read(16))
            bad = 0
            data = f.read(size)
            while len(data) == size:
                bad += crc32(data[:-4]) != struct.unpack("<I", data[-4:])[0]
                data = f.read(size)
            return magic == b"MGS1" and bad <= 1
    except OSError:
        return True  # cut before it was made
    except ValueError:
        return False


files = copied("files", "")
sys.path[:] = ["/lib"]
flash = power_cuts.boot(power_cuts.formatted(96))
for path, data in sorted(files.items(), key=lambda item: item[0]):
    if data is None:
        os.mkdir(path)
for path, data in sorted(files.items(), key=lambda item: item[0]):
    if data is not None:
        with open(path, "wb") as f:
            f.write(data)
operations, found = power_cuts.campaign(flash, scenario, start, look, 0, THIN)
print(json.dumps({"operations": operations, "cuts": found}))
