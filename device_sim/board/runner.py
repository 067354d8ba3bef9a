"""Runs the shipped main loop on the virtual board: `micropython -m runner`, in the folder that holds job.json.

The loop is `motegate.main`'s own; what is added is a hardware layer whose serial line goes to the host, and `Observer`,
one more reader of the gate's verdicts, which notes dimensions and regimes (the tap) and looks at the heap.
The job: `root` (prefix of gate/), `tap` (file for each window's int16 values and regime, and for each channel its
followed band's edges in counts, or null), `band` (where they stand in the reference), `world` (what the
pins see, or null), `live` (through a pipe), `pins` and `little` (see world.py), `start` ([seconds since 1970, millis]),
`start_ms` (that a start behind a deep sleep takes), `cuts` (virtual milliseconds at which the power is cut, see
machine.py), `commission` (see motegate.main), `orders` (what a person does meanwhile, see orders.py, or null), `settle`
and `measure` (windows before the heap is looked at, and while the collector is off), `report` (JSON of what was seen).
"""

import gc
import json
import os
import sys
import time
from array import array

import machine
from motegate.clock import Clock
from motegate.frames import Writer
from motegate.hal import Hal

from motegate import main

ASLEEP = "asleep.json"
SLEPT = ("levels", "writes", "bites", "light_ms", "deep_ms", "starts", "cuts", "cause")
SEEN = ("windows", "records", "missed")
MISSING = -32768
ROOM = 4096  # bytes of free heap below which measuring ends early: a window that takes from it would soon end the run


class Line(Hal):
    """The hardware layer with the host at the end of its serial line; free heap is the observer's affair."""

    def __init__(self, clock, observer):
        Hal.__init__(self, clock)
        self.out = sys.stdout.buffer
        self.observer = observer

    def write(self, buf, n):
        self.out.write(buf, n)

    def heap_free(self):
        return self.observer.heap_free()


class Observer:
    """A reader of verdicts that watches the VM.

    What a window takes from the heap is measured from verdict to verdict with the collector off. Free heap is looked at
    where the main loop itself does, for its health frames, so always from the same depth of calls (a call's state may
    lie on the heap): after the first windows, and the last time.
    """

    def __init__(self, job):
        self.tap = open(job["tap"], "ab") if job["tap"] else None
        self.regime = array("h", [-1])
        self.ready, self.first, self.stride, self.low, self.high, channels = job["band"]
        self.edges = array("h", bytes(4 * channels))
        self.gate = None
        self.windows = self.records = self.missed = 0
        self.settle = job["settle"]
        self.until = self.settle + job["measure"]
        self.free_start = self.free_end = -1
        self.measuring = self.ended = False
        self.allocated = self.measured = self.before = -1
        self.orders = None

    def take(self, verdict):
        if self.tap:
            self.tap.write(verdict.values)
            self.regime[0] = verdict.regime
            self.tap.write(self.regime)
            self.tap.write(self.band(self.gate.reference.array))
        self.windows += 1
        self.records = self.gate.records
        self.missed = self.gate.ring.missed()
        if self.windows == self.settle and self.until > self.settle:
            gc.collect()
            gc.disable()
            self.measuring = True
            self.before = gc.mem_alloc()
        elif self.measuring:
            self.allocated = gc.mem_alloc() - self.before
            self.measured = self.windows - self.settle
            if self.windows == self.until or gc.mem_free() < ROOM:
                self.measuring = False
                gc.enable()

    def band(self, reference):
        """The edges, low and high of each channel; MISSING while there is none."""
        edges = self.edges
        at = self.first
        for c in range(0, len(edges), 2):
            edges[c] = reference[at + self.low] >> 14 if reference[self.ready] else MISSING
            edges[c + 1] = reference[at + self.high] >> 14 if reference[self.ready] else MISSING
            at += self.stride
        return edges

    def heap_free(self):
        if self.measuring or self.ended or self.windows < self.settle:
            return gc.mem_free()
        gc.collect()
        free = gc.mem_free()
        if self.free_start < 0:
            self.free_start = free
        self.free_end = free
        return free

    def report(self, path):
        if self.free_start < 0:  # the run was over before a health frame was due
            gc.collect()
            self.free_start = self.free_end = gc.mem_free()
        seen = {
            "free_start": self.free_start,
            "free_end": self.free_end,
            "allocated": self.allocated,
            "measured": self.measured,
            "windows": self.windows,
            "records": max(self.records, self.gate.records if self.gate else 0),
            "missed": max(self.missed, self.gate.ring.missed() if self.gate else 0),
            "levels": machine.levels,
            "switched": machine.writes,
            "bites": machine.bites,
            "light_ms": machine.light_ms,
            "deep_ms": machine.deep_ms,
            "starts": machine.starts,
            "virtual_us": time.us,
        }
        if self.orders:
            seen.update(self.orders.seen())
        with open(path, "w") as out:
            json.dump(seen, out)


def run(job):
    time.begin(job["start"][0], job["start"][1])
    if job["world"]:
        from world import World

        machine.world = World(job["world"], job["pins"], job["little"], machine.levels if job["live"] else None)
    machine.start_ms = job["start_ms"]
    machine.cuts = job["cuts"]
    observer = Observer(job)
    if ASLEEP in os.listdir():
        resume(observer)
    while started(job, observer):
        if gc.mem_free() < gc.mem_alloc():
            fall_asleep(observer)
    observer.report(job["report"])


def fall_asleep(observer):
    """Goes on in a new VM: machine code that was loaded never leaves one."""
    slept = {name: getattr(machine, name) for name in SLEPT}
    slept.update({name: getattr(observer, name) for name in SEEN})
    slept.update(us=time.us, start_us=time.start_us, kept=list(machine.kept))
    with open(ASLEEP, "w") as out:
        json.dump(slept, out)
    raise SystemExit(machine.ASLEEP)


def resume(observer):
    with open(ASLEEP) as file:
        slept = json.load(file)
    for name in SLEPT:
        setattr(machine, name, slept[name])
    machine.kept = bytes(slept["kept"])
    for name in SEEN:
        setattr(observer, name, slept[name])
    time.us, time.start_us = slept["us"], slept["start_us"]


def started(job, observer):
    """One start of the board, as its main.py makes it. True where it has slept deeply and starts again."""
    line = Line(Clock(), observer)
    writer = Writer(line.write)
    gate = None
    try:
        if machine.reset_cause() == machine.DEEPSLEEP_RESET:
            __import__("motegate.sleep.sampler", None, None, ("",)).sample(job["root"])
        gate = observer.gate = main.build(job["root"], line, writer, job["commission"])
        if job["orders"]:
            from orders import Orders

            observer.orders = Orders(job["orders"], gate)
            gate.readers.append(observer.orders)
        gate.readers.append(observer)
        gc.collect()
        main.loop(gate, line, writer)
    except SystemExit as end:
        if end.args == (machine.RESET,):
            raise
        if end.args == (machine.ASLEEP,):
            forget()
            return True
        observer.ended = True  # the world is at its end
        if gate:
            main.health(gate, line, writer, 1)
    except Exception as error:
        main.report(writer, error)
    return False


def forget():
    """What the board had loaded is lost; main.py itself was compiled, and is loaded again at no cost to the clock."""
    for name in list(sys.modules):
        if name.startswith("motegate.") and name not in KEPT:
            del sys.modules[name]
            at = name.rfind(".")
            if name[:at] in sys.modules and hasattr(sys.modules[name[:at]], name[at + 1 :]):
                delattr(sys.modules[name[:at]], name[at + 1 :])
    gc.collect()


KEPT = [name for name in sys.modules if name.startswith("motegate.")]
with open("job.json") as file:
    job = json.load(file)
run(job)
