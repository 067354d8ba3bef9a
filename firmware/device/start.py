"""The start: from the bundle's files to a gate. Main forgets this module once the gate stands.

What is large for a while (the packs' reader, the sensors' list) is gone before the next is loaded, and the gate stands
before what it is connected to: hence imports where they are wanted.
"""

import gc
import json
import os

from .plan import Plan
from .stages import forget


def start(root, hal, writer, commission=None):
    """The gate out of the files of ``root``."""
    folder = root + "gate/"
    plan = Plan(folder + "plan.json")
    networks = _networks(folder, plan)
    gc.collect()
    gate = _gate(folder, plan, networks, commission)
    forget("status")
    gc.collect()
    names = [field["name"] for field in plan["status"]]
    gate.connect(_source(folder, plan, hal, names), writer, _actions(root, plan, hal, writer))
    return gate


def _networks(folder, plan):
    """The classifiers, by their parents' names."""
    from .network import Network

    parents = [parent["name"] for parent in plan["parents"] if parent["classifier"] >= 0]
    networks = {name: Network(_load(folder + name + ".pack")) for name in parents}
    forget("pack")
    return networks


def _gate(folder, plan, networks, commission):
    from .gate import Gate

    reference = _load(folder + "reference.bin") if _exists(folder + "reference.bin") else None
    return Gate(plan, networks, reference, commission=commission)


def _actions(root, plan, hal, writer):
    from .actions import Actions
    from .network import Network

    models = {m["name"]: Network(_load(root + "gate/" + m["file"])) for m in plan["models"]}
    return Actions(plan, models, hal, _store(root, plan), writer)


def _store(root, plan):
    if not any("store" in action["do"] for action in plan["actions"]):
        return None
    from .store import Store

    return Store(root + "windows.bin", plan)


def _source(folder, plan, hal, names):
    """The replay when there is one, else the board's own sensors."""
    if _exists(folder + "replay.bin"):
        from .sensors.replay import Replay

        return Replay(open(folder + "replay.bin", "rb"), len(plan["channels"]), len(names))
    from .sensors.board import make_polled

    with open(folder + "sensors.json") as f:
        return make_polled(json.load(f), hal, plan["period_ms"], names)


def _load(path):
    with open(path, "rb") as f:
        return f.read()


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False
