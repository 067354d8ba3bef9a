"""The hello frame: names, which the other frames refer to by index, and the files' hashes. Said once; the roster of the
regimes, behind it, comes again."""

import hashlib
import os
import sys

try:
    import machine
except ImportError:
    machine = None

from ..modules import load
from .plan import Plan


def hello(writer, folder, gate):
    """Says hello for the files of ``folder``, gate/, and the regimes of ``gate``; a reader says those from then on."""
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
    names = sorted(name for name in os.listdir(folder) if name != "replay.bin")
    writer.text(b"hashes", {name: _digest(folder + name) for name in names})
    writer.end()
    if gate.reference.regimes:
        roster = load("reference.roster").Roster(writer, gate.reference)
        roster.say()
        gate.readers.append(roster)


def _digest(path):
    """The first 16 hex digits of the file's SHA-256, read 512 bytes at a time."""
    sha = hashlib.sha256()
    with open(path, "rb") as f:
        while True:
            block = f.read(512)
            if not block:
                break
            sha.update(block)
    return sha.digest()[:8].hex()
