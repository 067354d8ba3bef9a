"""Runs on the VM, in a folder with files/ (a bundle): power cuts while the gate stores windows and keeps its state.

The board's lib/ and gate/ lie on the simulated chip; what its converters show is made up here, the same each time.
A gate that adapts sees another level from window LEVEL on, hears labels of it, and is rolled back and forth.
Prints the campaign's list: "whole" where the board started again by itself with the state of the last write that was
finished or of the one that was cut, byte for byte, and every window is there whose storing was finished; else what is
wrong. Beside it what the gate has done: its phases, swaps, labels that counted, and those that taught a last layer."""

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
SLOTS = 64  # of the stored windows, firmware/device/keeping/store.py
STATE_WINDOWS = 14  # firmware/device/layout.py
SEQUENCE, BODY, HEAD = 2, 4, 92
PHASE, SWAPS = 0, 8
LEVEL = 30  # windows


class Adc:
    """A quiet converter that now and then sees a burst."""

    seed = 1
    level = 0

    def __init__(self, id, **more):
        pass

    def read_u16(self):
        Adc.seed = (Adc.seed * 9301 + 49297) % 233280
        return 32000 + Adc.level + Adc.seed % 257 + (9000 if Adc.seed % 97 == 0 else 0)


machine.ADC = Adc
saves = []  # of each write of the state: operations before it, and after it; windows, and what was kept
stores = []  # ... and of each window that was stored
did = {}


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


def run(flash, windows):
    """A start, and so many windows. What it found of the start before: its windows when the state was written."""
    for name in [name for name in sys.modules if name.split(".")[0] == "motegate"]:
        del sys.modules[name]
    from motegate.clock import Clock
    from motegate.hal import Hal

    from motegate import main

    class Silent(Hal):
        def write(self, buf, n):
            pass

    def noted(what, do, where, *more):
        before = len(flash.operations)
        do(*more)
        where.append((before, len(flash.operations), what()))

    hal = Silent(Clock())
    gate = main.build("/", hal, main.Writer(hal.write))
    if hal.store:
        append = hal.store.append
        hal.store.append = lambda *window: noted(lambda: hal.store.next - 1, append, stores, *window)
    started = kept(hal)
    while gate.windows < windows:
        before = gate.windows
        gate.step()
        if gate.windows > before:
            adapt(gate)
            if gate.windows % EVERY == 0 or hal.state.due == 0:
                hal.state.due = 1 << 29
                noted(lambda: kept(hal), hal.state.save, saves, gate, hal)
    return started


def kept(hal):
    """(windows, CRC of what is kept behind the counts) of the newest slot."""
    with open("/state.%d" % (hal.counts[SEQUENCE] & 1), "rb") as f:
        f.seek(HEAD)
        return hal.counts[STATE_WINDOWS], crc32(f.read(hal.counts[BODY]))


def adapt(gate):
    """What happens to a gate that adapts, and what it has done."""
    cycle = gate.readers[-1]
    if not hasattr(cycle, "roll_back"):
        return
    Adc.level = 9000 if gate.windows >= LEVEL else 0
    state, verdict = cycle.state, gate.verdict
    if not verdict.passes[1]:
        did["labels"] += cycle.label(verdict.seconds, verdict.millis, 1, 1, verdict) == 2
    did["taught"] += cycle.label(verdict.seconds, verdict.millis, 0, gate.windows & 1, verdict) == 4
    did["phases"] |= 1 << state[PHASE]
    did["swaps"] = max(did["swaps"], state[SWAPS])
    if state[SWAPS]:
        did["since"] += 1
        if did["since"] in (6, 10):
            did["rolled"] += cycle.roll_back(verdict)


def scenario(flash):
    Adc.seed = 1
    Adc.level = 0
    did.update(labels=0, taught=0, phases=0, swaps=0, since=0, rolled=0)
    saves.clear()
    stores.clear()
    run(flash, WINDOWS)


def start(flash):
    """What look() does is what the board does."""
    global chip
    chip = flash


def look(operation):
    """ "whole", or what is wrong."""
    done = [windows for _, after, windows in saves if after <= operation]
    allowed = done[-1:] or [(0, 0)]
    allowed += [windows for before, after, windows in saves if before <= operation < after]
    whole = [number for _, after, number in stores if after <= operation]
    in_progress = [number for before, after, number in stores if before <= operation < after]
    found = stored()
    if found is None or not set(whole[1 - SLOTS :]) <= found:
        return "a stored window is lost: {} of {}".format(found, whole)
    if found - set(whole) - set(in_progress):
        return "a stored window that never was"
    try:
        windows = run_aside(2)
    except Exception as error:
        return "dead: {} {}".format(type(error).__name__, error)
    return "whole" if windows in allowed else "mixed: {}, not {}".format(windows, allowed)


def run_aside(windows):
    """As run, without a note of it."""
    global saves, stores, did
    before = saves, stores, did
    saves, stores, did = [], [], dict(did)
    try:
        return run(chip, windows)
    finally:
        saves, stores, did = before


def stored():
    """Numbers of the whole records in the file; None where it is none."""
    found = set()
    try:
        with open("windows.bin", "rb") as f:
            head = f.read(16)
            if len(head) < 16:
                return found
            magic, _, _, _, size = struct.unpack("<4sHHII", head)
            data = f.read(size)
            while len(data) == size:
                if crc32(data[:-4]) == struct.unpack("<I", data[-4:])[0]:
                    found.add(struct.unpack("<I", data[:4])[0])
                data = f.read(size)
            return found if magic == b"MGS1" else None
    except OSError:
        return found  # cut before it was made


files = copied("files", "")
sys.path[:] = ["/lib"]
flash = power_cuts.boot(power_cuts.formatted(96).image)
for path, data in sorted(files.items(), key=lambda item: item[0]):
    if data is None:
        os.mkdir(path)
for path, data in sorted(files.items(), key=lambda item: item[0]):
    if data is not None:
        with open(path, "wb") as f:
            f.write(data)
operations, found = power_cuts.campaign(flash.image, scenario, start, look, 0, THIN)
print(json.dumps({"operations": operations, "cuts": found, "did": did}))
