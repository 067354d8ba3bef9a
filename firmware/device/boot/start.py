"""From the bundle's files to a gate: each part is made before the next one's files are read."""

import gc
import json
import os
from binascii import crc32

from ..hal import report
from ..layout import FOLLOW_REGIME, REFERENCE_BODY, REFERENCE_CRC
from ..modules import load, unload_below
from .plan import Plan


def start(root, hal, writer, commission=None):
    """The gate out of the files of ``root``, connected to where records come from and verdicts go to.

    In safe mode without a network, commissioning or a state of its own. A board that judges a replay begins anew each
    time, as a test does.
    """
    folder = root + "gate/"
    state = hal.state
    replay = _exists(folder + "replay.bin")
    plan = Plan(folder)
    names = [parent["name"] for parent in plan["parents"] if parent["classifier"] >= 0]
    networks = _rules(names) if state.safe else _networks(folder, names)
    kept = None if replay or state.safe else state
    gate = _gate(folder, hal, plan, networks, 0 if state.safe else commission, kept)
    if state.safe:
        _trust_limits(gate.reference)
    readers = _readers(root, plan, hal, gate, writer)
    others = watchers(plan, hal, gate, writer, readers, state.safe)
    if kept:
        _keep(kept, gate.reference, others, hal.kept)
    low = hal.service.get("low")
    if low:
        readers.append(load("sleep.low_supply").LowSupply(gate, hal, readers[0], *low))
    fields = [field["name"] for field in plan["status"]]
    source = _source(folder, plan, hal, fields, replay)
    if hal.service.get("sleep") == "deep" and not replay:
        source = load("sleep.waking").napping(root, source, gate, hal, writer, others)
    gate.connect(source, readers, hal)
    if hal.kept:
        load("sleep.waking").resume(gate, hal, writer, others)
    return gate


def _rules(names):
    rule = load("judging.rule")
    return {name: rule.Rule() for name in names}


def _trust_limits(reference):
    limit = load("judging.rule").LIMIT
    for k in range(reference.n_classifiers):
        reference.pull_threshold(k, limit)


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


def _gate(folder, hal, plan, networks, commission, state):
    """``state``: whose reference goes on where it is this bundle's; None: none is kept."""
    from ..gate import Gate

    data = _read(folder + "reference.bin") if _exists(folder + "reference.bin") else None
    kept = False
    if state and data:
        state.bundle = _identity(folder, plan, data)
        kept = hal.kept or state.fits(_size(plan, networks, len(data) - REFERENCE_BODY - REFERENCE_CRC))
        if state.holds() and not kept:
            report(hal.writer, ValueError("state: of another bundle, its reference is set aside"))
        state.kept = 1 if kept else 0
    gate = Gate(plan, networks, data, 0 if kept else commission)
    unload_below("boot")
    gc.collect()
    return gate


def _size(plan, networks, reference):
    """Bytes that a state of the plan holds, with a reference of so many."""
    size = reference
    if plan["drift_alarms"]:
        classifiers = len([parent for parent in plan["parents"] if parent["classifier"] >= 0])
        size += load("drift.alarms").size(classifiers) + load("drift.trends").size(plan, classifiers)
    if plan["adapt"]:
        modules = plan["modules"]
        regimes = [1 for module, _, mode, _ in plan["cells"] if mode == FOLLOW_REGIME or modules[module] == "regime"]
        taught = [networks[parent["name"]] for parent in plan["parents"] if parent["classifier"] >= 0]
        size += load("adaptation.cycle").size(plan, reference, taught, regimes)
    return size


def _keep(state, reference, watchers, asleep):
    """What is learned is kept from now on, and goes on where it was kept: after a sleep it is not lost at all."""
    parts = []
    for watcher in watchers:
        parts += watcher.parts()
    state.take(reference, parts, state.kept and not asleep)
    for watcher in watchers:
        if state.kept:
            watcher.resume()


def _identity(folder, plan, reference):
    """30 bits of the files that a followed reference belongs to: plan, packs and the bundle's own reference."""
    crc = crc32(reference)
    for name in ["plan.json"] + [p["name"] + ".pack" for p in plan["parents"] if p["classifier"] >= 0]:
        with open(folder + name, "rb") as f:
            block = f.read(256)
            while block:
                crc = crc32(block, crc)
                block = f.read(256)
    return crc & 0x3FFFFFFF


def _readers(root, plan, hal, gate, writer):
    """Who reads each verdict: its frame first, then its action."""
    from ..actions import Actions
    from ..frames import Report

    models = _networks(root + "gate/", [model["name"] for model in plan["models"]])
    hal.store = _store(root, plan)
    actions = Actions(plan, models, hal, hal.store, gate.ring, writer)
    return [Report(writer, gate.ring, actions), actions]


def watchers(plan, hal, gate, writer, readers, safe):
    """The readers that look for a change and adapt to it, where the policy asks for them, put behind the others."""
    found = []
    if plan["drift_alarms"]:
        n = gate.reference.n_classifiers
        watch = load("drift.watch").Watch(writer, gate.ring, gate.scan.stats, n)
        trends = load("drift.trends").Trends(writer, plan, gate.ring, gate.reference, watch)
        found += (watch, trends)
        if plan["adapt"] and not safe:
            found.append(load("adaptation.cycle").Cycle(plan, gate, watch, trends, writer, hal))
        readers += found
    return found


def _store(root, plan):
    if not any("store" in action["do"] for action in plan["actions"]):
        return None
    return load("keeping.store").Store(root + "windows.bin", plan)


def _source(folder, plan, hal, names, replay):
    """The replay when there is one, else the board's own sensors."""
    if replay:
        from ..sensors.replay import Replay

        return Replay(open(folder + "replay.bin", "rb"), len(plan["channels"]), len(names))
    from .wiring import make_polled

    with open(folder + "sensors.json") as f:
        return make_polled(json.load(f), hal, plan, names)


def _read(path):
    with open(path, "rb") as f:
        return f.read()


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False
