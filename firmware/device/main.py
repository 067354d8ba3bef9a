"""The main loop: what the board runs from start to end."""

import gc
import hashlib
import json
import os
import sys

from .actions import Actions
from .clock import Clock
from .compat import const
from .frames import Writer
from .gate import Gate
from .hal import Hal
from .network import Network

_HEALTH = const(64)  # windows between two health frames
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
    gc.collect()
    try:
        loop(gate, hal, writer)
    except KeyboardInterrupt:
        pass


def build(root, hal, writer, commission=None):
    """The gate out of the files of ``root``; says hello."""
    folder = root + "gate/"
    with open(folder + "plan.json") as f:
        plan = json.load(f)
    packs = {p["name"]: load(folder + p["name"] + ".pack") for p in plan["parents"] if p["classifier"] >= 0}
    models = {m["name"]: Network(load(folder + m["file"])) for m in plan["models"]}
    names = [field["name"] for field in plan["status"]]
    actions = Actions(plan, models, hal, make_store(root, plan), writer)
    source = make_source(folder, plan, hal, names)
    reference = load(folder + "reference.bin") if exists(folder + "reference.bin") else None
    gate = Gate(plan, packs, reference, source, writer, actions, commission)
    hello(writer, plan, folder, hal)
    return gate


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


def make_store(root, plan):
    if not any("store" in action["do"] for action in plan["actions"]):
        return None
    from .store import Store

    return Store(root + "windows.bin", plan)


def make_source(folder, plan, hal, names):
    """The replay when there is one, else the board's own sensors."""
    if exists(folder + "replay.bin"):
        from .sensors.replay import Replay

        return Replay(open(folder + "replay.bin", "rb"), len(plan["channels"]), len(names))
    from .sensors.polled import Polled

    with open(folder + "sensors.json") as f:
        sensors = json.load(f)
    for name in sensors["status"]:
        hal.readers[name] = make_reader(sensors["status"][name], hal)
    readers = [make_reader(sensor, hal) for sensor in sensors["channels"]]
    return Polled(readers, hal, plan["period_ms"], names)


def make_reader(sensor, hal):
    if sensor is None:
        raise ValueError("a channel has no sensor in the policy, and there is no replay.bin")
    scale = sensor["scaling"]
    if sensor["driver"] == "adc":
        from .sensors.adc import Adc

        return Adc(hal.adc(sensor["pin"]), *scale)
    if sensor["driver"] == "i2c":
        from .sensors.i2c import I2c

        bus = hal.i2c(sensor["bus"], sensor["scl"], sensor["sda"], sensor["freq"])
        keys = ("address", "register", "size", "signed", "big", "setup")
        return I2c(bus, *[sensor[key] for key in keys], *scale)
    raise ValueError("unknown driver " + sensor["driver"])


def hello(writer, plan, folder, hal):
    """Names, which the other frames refer to by index, and the files' hashes."""
    writer.begin(b"hello")
    writer.number(b"v", 1)
    writer.text(b"stream", plan["stream"])
    writer.text(b"parents", [p["name"] for p in plan["parents"] if p["classifier"] >= 0])
    writer.text(b"columns", [name for name, _ in plan["columns"]])
    writer.text(b"actions", [action["name"] for action in plan["actions"]])
    writer.text(b"models", [model["name"] for model in plan["models"]])
    writer.text(b"board", sys.implementation._machine if hasattr(sys.implementation, "_machine") else "")
    writer.text(b"id", hal.unique_id())
    writer.number(b"reset", hal.reset_cause())
    names = sorted(name for name in os.listdir(folder) if name != "replay.bin")
    writer.text(b"hashes", {name: digest(folder + name) for name in names})
    writer.end()


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


def digest(path):
    """The first 16 hex digits of the file's SHA-256, read 512 bytes at a time."""
    sha = hashlib.sha256()
    with open(path, "rb") as f:
        while True:
            block = f.read(512)
            if not block:
                break
            sha.update(block)
    return sha.digest()[:8].hex()


def load(path):
    with open(path, "rb") as f:
        return f.read()


def exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False
