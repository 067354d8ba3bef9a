"""Runs on the VM, in a folder with job.json: power cuts while a bundle is flashed, and in the starts after it.

The job: ``functions`` (the raw REPL's), ``old``, ``pending`` and ``new``: what flash asks of the board for the bundle
that is there, for one whose exchange was committed and no more, and for the new one, each ["ask", expression] or
["get", file of what comes over the line]; ``main``: the main.py under which the cuts begin, or null for the bundle's
own; ``trees``: version -> path -> SHA-256; ``blocks`` of the flash; ``again`` and ``thin`` (see power_cuts.py). Prints
the campaign's list.
"""

import io
import json
import os
import sys

import machine  # noqa: F401 (main.py asks it for a reset, when the host's files are out of reach)
import power_cuts

JOB = json.load(open("job.json"))
STARTS = 4  # in a row; a board that has not run its bundle by then does not start


class Line:
    """What the raw REPL calls sys: the serial line. What the board says is read by nobody."""

    implementation = sys.implementation

    def __init__(self, data):
        self.stdin = self.stdout = self.buffer = self
        self._bytes = io.BytesIO(data)

    def readline(self):
        return self._bytes.readline().decode()

    def readinto(self, buf):
        return self._bytes.readinto(buf)

    def write(self, data):
        pass


def flashing(steps, then):
    """The scenario: all that flash asks in one connection, and what comes after it."""
    steps = [(kind, open(what, "rb").read() if kind == "get" else what) for kind, what in steps]

    def scenario(flash):
        board = repl()
        for kind, what in steps:
            board["sys"] = Line(what if kind == "get" else b"")
            exec("_get()" if kind == "get" else what, board)
        then(flash)

    return scenario


def commit(flash):
    """The file that commits an exchange, and no more."""
    open("swap", "w").close()


def repl():
    names = {}
    exec(JOB["functions"], names)
    return names


def start(flash):
    """Power on, and on again where main.py asks for it."""
    for _ in range(STARTS):
        for name in [name for name in sys.modules if name.split(".")[0] == "motegate"]:
            del sys.modules[name]
        try:
            with open("main.py") as f:
                exec(f.read(), {"__name__": "__main__"})
        except SystemExit:  # machine.reset
            continue
        except (OSError, ImportError):  # no main.py, or one that is left for the prompt
            pass
        return


def look(operation):
    """The version that runs and is whole, with nothing left over where it is the new one; else what is wrong.

    "nothing": no bundle was there before, and none is in its place.
    """
    ran = getattr(sys.modules.get("motegate.main"), "RAN", [])
    found = tree(repl()["sha"])
    if not ran:
        there = JOB["old"] or any(path.startswith("lib/motegate/") for path in found)
        return "dead" if there else "nothing"
    version = ran[0]
    mine = {path: sha for path, sha in found.items() if path.startswith(("lib/motegate/", "gate/"))}
    expected = {path: sha for path, sha in JOB["trees"][version].items() if path != "main.py"}
    if set(ran) != {version} or mine != expected:
        return "mixed"
    return "left over" if version == "new" and found != JOB["trees"]["new"] else version


def tree(sha, folder=""):
    found = {}
    for entry in os.ilistdir(folder or "/"):
        path = folder + "/" + entry[0]
        found.update(tree(sha, path) if entry[1] & 0x4000 else {path[1:]: sha(path)})
    return found


new = flashing(JOB["new"], start)
old = flashing(JOB["old"], start) if JOB["old"] else None
pending = flashing([step for step in JOB["pending"] if step[1] != "_commit()"], commit) if JOB["pending"] else None
sys.path[:] = ["/lib"]
flash = power_cuts.boot(power_cuts.formatted(JOB["blocks"]).image)
if old:
    old(flash)
if pending:
    pending(flash)
if JOB["main"] is not None:
    with open("main.py", "w") as f:
        f.write(JOB["main"])
operations, found = power_cuts.campaign(flash.image, new, start, look, JOB["again"], JOB["thin"])
print(json.dumps({"operations": operations, "cuts": found}))
