"""The main loop: what the board runs from start to end, and what it does when something goes wrong.

A window is in exactly one count: judged, commissioning, failed (its measures or networks raised), missed (a gap, or a
board that was away). What a sensor or an effect raises is its own affair (sensors/polled.py, actions.py). An allocation
that fails is survived. Anything else nobody foresaw: it is said, the state is saved, and the board resets; after three
such resets in ten minutes it starts in safe mode, and goes on trying to leave that, ever more slowly."""

import gc

from .clock import Clock
from .compat import const
from .frames import Writer
from .hal import Hal, report
from .layout import (
    COUNT_COMMISSIONING,
    COUNT_EFFECTS,
    COUNT_ERRORS,
    COUNT_FAILED,
    COUNT_JUDGED,
    COUNT_SENSORS,
    STATE_CAUSE,
    STATE_RESETS,
    STATE_TRIES,
    STATE_WRITES,
    UNFORESEEN,
)
from .modules import collect_every, unload

_HEALTH = const(64)  # windows between two health frames
_OFTEN = const(4096)  # bytes taken between two collections while starting
_HUNGRY = const(64)  # allocations that failed in a row after which the board resets
_PAUSE_MS = const(2000)  # before a reset at the start, twice as long for each time safe mode was left
_LONGEST = const(10)  # octaves: half an hour


def run(root="/", hal=None, commission=None, check=None, found=None):
    """Runs the gate on the files under ``root`` until its source ends or someone interrupts it.

    ``commission``: windows to commission on, in place of the plan's (0: judge by the bundle's reference). ``check``: of
    main.py (entry.py), names the files that are not as they were built; ``found``: what it has named at this start.

    Every exception ends here. KeyboardInterrupt leads to the REPL: by a reset, where a watchdog would end that.
    """
    hal = hal or Hal(Clock())
    writer = Writer(hal.write)
    hal.check = check
    hal.broken = found
    gate = None
    try:
        gate = build(root, hal, writer, commission)
        loop(gate, hal, writer)
    except KeyboardInterrupt:
        hal.leave(gate)
        if hal.watchdog:
            hal.open_prompt()
            hal.reset()
    except Exception as e:
        stumble(hal, writer, e)


def build(root, hal, writer, commission=None):
    """The gate out of the files of ``root``; says hello. What only this needs is loaded for it and then unloaded."""
    collect_every(_OFTEN)
    hal.writer = writer
    hal.root = root
    try:
        from .boot import boot

        return boot(root, hal, writer, commission)
    finally:
        unload("boot")
        collect_every(-1)
        gc.collect()


def loop(gate, hal, writer):
    """Until the source's end."""
    hungry = 0
    due = gate.windows // _HEALTH * _HEALTH + _HEALTH
    while True:
        try:
            if gate.step() < 0:
                break
            if gate.windows >= due:
                due = gate.windows + _HEALTH
                health(gate, hal, writer, 0)
            if hal.clock.uptime >= hal.due:
                hal.tend(gate)
            hungry = 0
        except Exception as e:
            hal.counts[COUNT_ERRORS] += 1
            hungry += 1
            if hungry == 1 or not isinstance(e, MemoryError):
                report(writer, e)
            gc.collect()
            if not isinstance(e, MemoryError) or hungry >= _HUNGRY:
                fall(gate, hal, writer)
                return
    try:
        health(gate, hal, writer, 1)
    except Exception as e:
        report(writer, e)
    hal.leave(gate)


def health(gate, hal, writer, end):
    """``windows`` is the sum of the four counts behind it."""
    counts = hal.counts
    missed = gate.ring.missed() // gate.ring.hop
    writer.begin(b"health")
    writer.pair(b"t", gate.ring.seconds(), gate.ring.millis())
    judged = counts[COUNT_JUDGED]
    writer.number(b"windows", judged + counts[COUNT_COMMISSIONING] + counts[COUNT_FAILED] + missed)
    writer.number(b"judged", judged)
    writer.number(b"commissioning", counts[COUNT_COMMISSIONING])
    writer.number(b"failed", counts[COUNT_FAILED])
    writer.number(b"missed", missed)
    writer.number(b"gap", gate.ring.missed())
    writer.number(b"heap", hal.heap_free())
    writer.number(b"errors", counts[COUNT_ERRORS])
    writer.number(b"sensors", counts[COUNT_SENSORS])
    writer.number(b"effects", counts[COUNT_EFFECTS])
    writer.number(b"writes", counts[STATE_WRITES])
    writer.number(b"resets", counts[STATE_RESETS])
    writer.number(b"late", hal.clock.late)
    if end:
        writer.number(b"end", 1)
    writer.end()


def fall(gate, hal, writer):
    """Nobody foresaw it: what is known is said and saved, and the board resets."""
    hal.counts[STATE_CAUSE] = UNFORESEEN
    try:
        health(gate, hal, writer, 0)
    except Exception as e:
        report(writer, e)
    hal.state.save(gate, hal)
    hal.reset()


def stumble(hal, writer, e):
    """The start has failed: the longer it does, the longer the pause before the next."""
    counts = hal.counts
    counts[COUNT_ERRORS] += 1
    counts[STATE_CAUSE] = UNFORESEEN
    report(writer, e)
    if hal.state:
        hal.state.save(None, hal)
    hal.clock.pause(_PAUSE_MS << min(counts[STATE_TRIES], _LONGEST))
    hal.reset()
