"""The start: from the bundle's files to a gate that is connected, and its hello.

The folder is loaded by main and unloaded as a whole; between its stages too, so that the heap never holds reading,
hashing and checking at the same time as what they were for. Hence imports inside functions.
"""

import json

from ..modules import unload_below

DEFAULTS = {"writes_per_day": 24}
"""Of service.json, where a bundle of an older build has none, or it is not as it was built."""


def boot(root, hal, writer, commission):
    """The gate out of the files of ``root``; says hello. The arguments are main's."""
    hal.broken = hal.check(root) if hal.check else ()
    service = _service(root + "gate/service.json") if "gate/service.json" not in hal.broken else DEFAULTS
    _keep(root, hal, writer, service)
    unload_below("boot")
    gate = _gate(root, hal, writer, commission)
    unload_below("boot")
    hal.known = service.get("known", 0)
    if hal.known and not hal.state.safe:
        _test(gate, root, hal)
        unload_below("boot")
    from .hello import hello

    hello(hal, writer, root + "gate/", gate)
    return gate


def _service(path):
    try:
        with open(path) as f:
            return json.load(f)
    except OSError:
        return DEFAULTS


def _test(gate, root, hal):
    from .self_test import test

    hal.state.judge_test(test(gate, root, hal.known), gate, hal)


def _keep(root, hal, writer, service):
    from .kept import keep

    keep(root, hal, writer, service)


def _gate(root, hal, writer, commission):
    """In a function of its own: a name that is bound to a module's function keeps the module."""
    from .start import start

    return start(root, hal, writer, commission)
