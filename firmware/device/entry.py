"""The board's /main.py, as it stands here: finishes an exchange of bundles that a power cut ended, then runs the gate.

`motegate flash` writes the new bundle beside the old one, each part ``p`` as ``p.new``, and makes the file ``swap``
when all of it is verified. While that is there both bundles are whole, each part of the old one as ``p`` or ``p.old``,
of the new one as ``p.new`` or ``p``; so a start goes forward from wherever the last one was cut. This file goes first,
by one rename over its predecessor: there always is a main.py, and no folder moves before it is one that can finish.

A bundle whose code is not as it was built is not imported. A new bundle that can be imported has replaced the old one:
``swap`` goes, then what is left of the old one. One that cannot be imported is put back, and the old one runs again,
under this main.py. Nothing of the package is imported before the exchange is over, since the package is what is
exchanged.

Paths are relative, as main.py itself is looked for: a port has its flash at / or at /flash.
"""

try:
    from micropython import kbd_intr

    kbd_intr(-1)
except ImportError:  # a host, which reads this file; a port whose line cannot interrupt

    def kbd_intr(character):
        pass
except KeyboardInterrupt:  # before that could be said
    import machine

    machine.reset()

import json
import os
import time
from binascii import crc32, hexlify
from hashlib import sha256

SWAP = "swap"  # the file: the exchange is committed, and not over
STOP = "stop"  # the file: the next start opens the prompt, and no gate
FOLDERS = ("lib/motegate", "gate")
RETRY_S = 10


def exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def remove(path):
    """The file or the folder with all that is in it, if it is there."""
    try:
        if os.stat(path)[0] & 0x4000:
            for entry in os.ilistdir(path):
                remove(path + "/" + entry[0])
            os.rmdir(path)
        else:
            os.remove(path)
    except OSError:
        pass


def forward():
    """The new bundle into the old one's place, from wherever this was cut."""
    if exists("main.py.new"):
        os.rename("main.py.new", "main.py")
    for path in FOLDERS:
        if exists(path + ".new"):
            if exists(path):
                os.rename(path, path + ".old")
            os.rename(path + ".new", path)


def undo():
    """The old bundle back into its place. Cut on the way, the next start goes forward and comes here again."""
    for path in FOLDERS:
        if exists(path + ".old"):
            if exists(path):
                os.rename(path, path + ".new")
            os.rename(path + ".old", path)
    os.remove(SWAP)


def settle():
    """The exchange is over: from the first line on the old bundle is no longer whole, and nobody's to put back."""
    if exists(SWAP):
        os.remove(SWAP)
    for path in FOLDERS:
        remove(path + ".old")


def way_in():
    """("open" | "pin" | "key", the pin): how a person gets in while the gate runs, by gate/service.json. Open where
    that is missing or broken, for whoever has to mend it."""
    try:
        with open("gate/service.json") as f:
            service = json.load(f)
        way, pin = service["repl"], service.get("pin")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "open", None
    return (way, pin) if way == "key" or way == "pin" and pin is not None else ("open", None)


def held(pin):
    """Whether someone holds the pin at ground."""
    try:
        from machine import Pin

        return not Pin(pin, Pin.IN, Pin.PULL_UP).value()
    except Exception as error:
        say(error)
        return False


def stopped():
    """Whether this start is for the prompt: asked for down the line, or by the pin."""
    if exists(STOP):
        os.remove(STOP)
        return True
    way, pin = way_in()
    return way == "pin" and held(pin)


def sha(path):
    """The file's SHA-256 in hex; empty where it cannot be read."""
    found = sha256()
    block = bytearray(512)
    view = memoryview(block)
    try:
        with open(path, "rb") as f:
            n = f.readinto(block)
            while n:
                found.update(view[:n])
                n = f.readinto(block)
    except (OSError, ValueError):
        return ""
    return hexlify(found.digest()).decode()


def broken(root=""):
    """Paths of the files that are not as they were built, by gate/SHA256SUMS; none where a bundle has not got that."""
    found = []
    try:
        with open(root + "gate/SHA256SUMS") as sums:
            for line in sums:
                expected, _, path = line.strip().partition("  ")
                if sha(root + path) != expected:
                    found.append(path)
    except OSError:
        pass
    except ValueError:  # no text
        found.append("gate/SHA256SUMS")
    return found


def say(error):
    """An error frame (docs/frames.md)."""
    text = '{"k":"error","n":0,"e":%s}' % json.dumps("%s: %s" % (type(error).__name__, error))
    print("%s\t%08x" % (text, crc32(text.encode())))


def nap():
    """After a deep sleep: the records that are due, asleep again in between. Comes back when the gate has to start.
    True: that is such a start, of a bundle that was whole when the board fell asleep."""
    try:
        import machine

        if exists(SWAP) or not hasattr(machine, "DEEPSLEEP_RESET") or machine.reset_cause() != machine.DEEPSLEEP_RESET:
            return False
        from motegate.sleep.sampler import sample

        return sample(os.getcwd().rstrip("/") + "/")
    except Exception as error:
        say(error)
        return False


def start(asleep):
    """What runs the gate, and the files that are not as they were built. None where the bundle cannot be imported, the
    old one back in its place if it is there."""
    found = []
    try:
        if exists(SWAP):
            forward()
        found = [] if asleep else broken()
        code = [path for path in found if path.startswith("lib/")]
        if code:  # who runs it may hang the board
            raise ValueError("not as it was built: " + ", ".join(code))
        from motegate.main import run

        settle()
        return run, found
    except Exception as error:
        say(error)
    try:
        if exists(SWAP) and any(exists(path + ".old") for path in FOLDERS):
            undo()
    except Exception as error:
        say(error)
    return None, found


if __name__ == "__main__":
    if stopped():
        kbd_intr(3)
        print("motegate: the prompt, until the next reset")
    else:
        run, found = start(nap())
        here = os.getcwd().rstrip("/") + "/"
        in_service = way_in()[0] != "open" and "gate/service.json" not in found
        if not (run and in_service):
            kbd_intr(3)
        if run:
            del exists, remove, forward, undo, settle, say, nap, start, way_in, held, stopped  # the heap is the gate's
            run(here, check=broken, found=found)
        if not run or in_service:  # in service nothing leads to the prompt but a start that is for it
            import machine

            time.sleep(RETRY_S)
            machine.reset()
