"""From the bundle's files to a gate: each part is made before the next one's files are read."""

import gc
import json
import os

from ..modules import load, unload_below
from .plan import Plan


def start(root, hal, writer, commission=None):
    """The gate out of the files of ``root``, connected to where records come from and verdicts go to."""
    folder = root + "gate/"
    plan = Plan(folder)
    networks = _networks(folder, [parent["name"] for parent in plan["parents"] if parent["classifier"] >= 0])
    gate = _gate(folder, plan, networks, commission)
    names = [field["name"] for field in plan["status"]]
    gate.connect(_source(folder, plan, hal, names), _readers(root, plan, hal, gate, writer))
    return gate


def _networks(folder, names):
    """Networks by name, each from its pack; without any, the packs' reader is not loaded."""
    if not names:
        return {}
    from ..network import Network
    from .pack import Pack

    networks = {name: Network(Pack(_read(folder + name + ".pack"))) for name in names}
    unload_below("boot")
    gc.collect()
    return networks


def _gate(folder, plan, networks, commission):
    from ..gate import Gate

    reference = _read(folder + "reference.bin") if _exists(folder + "reference.bin") else None
    gate = Gate(plan, networks, reference, commission)
    unload_below("boot")
    gc.collect()
    return gate


def _readers(root, plan, hal, gate, writer):
    """Who reads each verdict: its frame first, then its action."""
    from ..actions import Actions
    from ..frames import Report

    models = _networks(root + "gate/", [model["name"] for model in plan["models"]])
    actions = Actions(plan, models, hal, _store(root, plan), gate.ring, writer)
    return [Report(writer, gate.ring, actions), actions]


def _store(root, plan):
    if not any("store" in action["do"] for action in plan["actions"]):
        return None
    return load("store").Store(root + "windows.bin", plan)


def _source(folder, plan, hal, names):
    """The replay when there is one, else the board's own sensors."""
    if _exists(folder + "replay.bin"):
        from ..sensors.replay import Replay

        return Replay(open(folder + "replay.bin", "rb"), len(plan["channels"]), len(names))
    from .wiring import make_polled

    with open(folder + "sensors.json") as f:
        return make_polled(json.load(f), hal, plan["period_ms"], names)


def _read(path):
    with open(path, "rb") as f:
        return f.read()


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False
