"""The hello frame: names, which the other frames refer to by index, and the files' hashes. Said once; the roster of the
regimes, behind it, comes again."""

import hashlib
import os
import sys

try:
    import machine
except ImportError:
    machine = None

from ..layout import STATE_BITES, STATE_RESETS, STATE_SECONDS, STATE_WINDOWS, STATE_WRITES
from ..modules import load
from .plan import Plan


def hello(hal, writer, folder):
    """Says hello for the files of ``folder``, gate/."""
    plan = Plan(folder)
    writer.begin(b"hello")
    writer.number(b"v", 1)
    writer.text(b"stream", plan["stream"])
    writer.text(b"parents", [p["name"] for p in plan["parents"] if p["classifier"] >= 0])
    writer.text(b"columns", [name for name, _ in plan["columns"]])
    writer.text(b"actions", [action["name"] for action in plan["actions"]])
    writer.text(b"models", [model["name"] for model in plan["models"]])
    writer.text(b"board", sys.implementation._machine if hasattr(sys.implementation, "_machine") else "")
    writer.text(b"id", machine.unique_id().hex() if hasattr(machine, "unique_id") else "")
    writer.number(b"reset", machine.reset_cause() if hasattr(machine, "reset_cause") else 0)
    _say_kept(hal, writer)
    names = sorted(name for name in os.listdir(folder) if name != "replay.bin")
    writer.text(b"hashes", {name: _digest(folder + name) for name in names})
    writer.end()


def say_regimes(writer, gate):
    """The regimes of ``gate``, where it knows any; a reader says them again from then on."""
    if gate.reference.regimes:
        roster = load("reference.roster").Roster(writer, gate.reference)
        roster.say()
        gate.readers.append(roster)


def _say_kept(hal, writer):
    """What goes on of the start before: whatever came behind ``saved`` is lost."""
    counts = hal.counts
    writer.number(b"kept", hal.state.kept)
    for key, count in (
        (b"saved", STATE_SECONDS),
        (b"windows", STATE_WINDOWS),
        (b"resets", STATE_RESETS),
        (b"bites", STATE_BITES),
        (b"writes", STATE_WRITES),
    ):
        writer.number(key, counts[count])
    if hal.store:
        writer.number(b"stored", hal.store.next)
        writer.number(b"torn", hal.store.torn)


def _digest(path):
    """The first 16 hex digits of the file's SHA-256, read 128 bytes at a time."""
    sha = hashlib.sha256()
    block = bytearray(128)
    view = memoryview(block)
    with open(path, "rb") as f:
        n = f.readinto(block)
        while n:
            sha.update(view[:n])
            n = f.readinto(block)
    return sha.digest()[:8].hex()
