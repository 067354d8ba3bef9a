"""The start: from the bundle's files to a gate that is connected, and its hello.

The folder is loaded by main and unloaded as a whole; between its stages too, so that the heap never holds reading,
hashing and checking at the same time as what they were for. Hence imports inside functions.
"""

import json

from ..compat import MICROPYTHON
from ..modules import load, unload_below

DEFAULTS = {"writes_per_day": 24}
"""Of service.json, where a bundle of an older build has none, or it is not as it was built."""


def boot(root, hal, writer, commission):
    """The gate out of the files of ``root``; says hello. The arguments are main's."""
    if hal.broken is None:
        hal.broken = hal.check(root) if hal.check else ()
    service = _service(root + "gate/service.json") if "gate/service.json" not in hal.broken else DEFAULTS
    hal.service = service
    if service.get("sleep") == "deep" and not hal.broken:
        hal.kept = load("sleep.waking").recall_gate(root)
    _keep(root, hal, writer, service)
    unload_below("boot")
    gate = _gate(root, hal, writer, commission)
    unload_below("boot")
    if not hal.kept:
        if service.get("known") and not hal.state.safe:
            _test(gate, root, hal, service["known"])
            unload_below("boot")
        _hello(hal, writer, root, gate)
        unload_below("boot")
    if MICROPYTHON:
        hal.line = load("line.line").Line(load("line.receiver").Stdin(), gate, hal, writer)
    hal.clock.between = hal.rest
    if service.get("watchdog_ms"):
        hal.arm(service["watchdog_ms"])
    if service.get("light"):
        hal.clock.light(hal.watchdog is not None, _counter() if service["light"] == "counter" else None)
    return gate


def _counter():
    import machine

    return load("sleep.day_counter").DayCounter(machine.RTC())


def _hello(hal, writer, root, gate):
    from .hello import hello, say_regimes

    hello(hal, writer, root + "gate/")
    say_regimes(writer, gate)


def _service(path):
    try:
        with open(path) as f:
            return json.load(f)
    except OSError:
        return DEFAULTS


def _test(gate, root, hal, known):
    from .self_test import test

    hal.state.judge_test(test(gate, root, known), gate, hal)


def _keep(root, hal, writer, service):
    from .kept import keep

    keep(root, hal, writer, service)


def _gate(root, hal, writer, commission):
    """In a function of its own: a name that is bound to a module's function keeps the module."""
    from .start import start

    return start(root, hal, writer, commission)
