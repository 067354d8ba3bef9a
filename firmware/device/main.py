"""The main loop: what the board runs from start to end."""

import gc

from .clock import Clock
from .compat import const
from .frames import Writer
from .hal import Hal
from .modules import collect_every, unload

_HEALTH = const(64)  # windows between two health frames
_OFTEN = const(4096)  # bytes taken between two collections while starting
_ERRORS = const(8)  # exceptions in a row after which it stops


def run(root="/", hal=None, commission=None):
    """Runs the gate on the files under ``root`` until its source ends or someone interrupts it.

    ``commission``: windows to commission on, in place of the plan's (0: judge by the bundle's reference).

    Every exception ends here: it is counted and said in a frame, and the loop goes on; after 8 in a row
    it stops. KeyboardInterrupt leads to the REPL.
    """
    hal = hal or Hal(Clock())
    writer = Writer(hal.write)
    try:
        gate = build(root, hal, writer, commission)
    except KeyboardInterrupt:
        return
    except Exception as e:
        report(writer, e)
        return
    try:
        loop(gate, hal, writer)
    except KeyboardInterrupt:
        pass


def build(root, hal, writer, commission=None):
    """The gate out of the files of ``root``; says hello. What only this needs is loaded for it and then unloaded."""
    collect_every(_OFTEN)
    try:
        from .boot import boot

        return boot(root, hal, writer, commission)
    finally:
        unload("boot")
        collect_every(-1)
        gc.collect()


def loop(gate, hal, writer):
    """Until the source's end."""
    errors = in_a_row = 0
    due = _HEALTH
    while True:
        try:
            if gate.step() < 0:
                break
            in_a_row = 0
            if gate.windows >= due:
                due = gate.windows + _HEALTH
                health(gate, hal, writer, errors, 0)
        except Exception as e:
            errors += 1
            in_a_row += 1
            report(writer, e)
            if in_a_row >= _ERRORS:
                break
            gc.collect()
    health(gate, hal, writer, errors, 1)


def health(gate, hal, writer, errors, end):
    writer.begin(b"health")
    writer.pair(b"t", gate.ring.seconds(), gate.ring.millis())
    writer.number(b"windows", gate.windows)
    writer.number(b"missed", gate.ring.missed())
    writer.number(b"heap", hal.heap_free())
    writer.number(b"errors", errors)
    if end:
        writer.number(b"end", 1)
    writer.end()


def report(writer, e):
    writer.begin(b"error")
    writer.text(b"e", "%s: %s" % (type(e).__name__, e))
    writer.end()
