"""What a host may ask of a running board (docs/frames.md): each command is answered by an ack, last of all.

``hello?`` and ``status`` are anybody's. What changes something, or gives away what lies on the board, is authenticated
where the policy says so: ``[serial] commands = "key"``.
"""

import json
from binascii import b2a_base64

from ..layout import SEND_SAMPLES, STATE_SEQUENCE
from ..modules import load

_LAST = (1 << 29) - 1  # of a frame's number
_LONGEST = 16  # characters of a kind that an ack repeats
_LATEST = (1 << 30) - 1  # second, of the year 2054: a small int on every port
_PIECE = 96  # bytes of a file in an ack


class RefusedError(ValueError):
    """Why a command is not obeyed."""


def obey(body, line, gate, hal, writer):
    """Does what ``body``, JSON, asks and acknowledges it. What has no kind or no number is no command."""
    try:
        said = json.loads(body)
    except ValueError:
        return
    if not isinstance(said, dict):
        return
    kind, n = said.get("k"), said.get("n")
    if not isinstance(kind, str) or not _whole(n, 0, _LAST) or kind == "ack":
        return
    answer = {}
    why = None
    try:
        if kind not in _COMMANDS:
            raise RefusedError("not known to this board")
        command, changes = _COMMANDS[kind]
        if changes and _under_key(hal):
            answer["c"] = _authenticate(body, line, hal, writer)
        command(said, gate, hal, writer, answer)
    except RefusedError as e:
        why = str(e)
    except Exception as e:
        why = "%s: %s" % (type(e).__name__, e)
        hal.trouble("line", e)
    else:
        hal.well("line")
    _ack(writer, n, kind, why, answer if why is None else {"c": line.challenge.decode()} if line.challenge else {})
    if kind == "stop" and why is None:
        hal.reset()


def _under_key(hal):
    """By the policy, or where nobody knows that."""
    return hal.service.get("commands", "key") == "key"


def _ack(writer, n, kind, why, answer):
    writer.begin(b"ack")
    writer.number(b"re", n)
    # by the first byte of each: MicroPython keeps every character that a string was taken apart into for good
    of = bytes(b if 32 <= b <= 126 else 63 for b in kind.encode("utf-8", "replace") if b & 0xC0 != 0x80)
    writer.text(b"of", of[:_LONGEST].decode())
    writer.number(b"ok", 0 if why else 1)
    if why:
        writer.text(b"why", why)
    for key in answer:
        writer.text(key.encode(), answer[key])
    writer.end()


def _authenticate(body, line, hal, writer):
    """The next challenge, when the command has answered this one."""
    mac = load("line.mac")
    try:
        with open(hal.root + "key", "rb") as f:
            key = f.read(mac.KEY_BYTES + 1)
    except OSError:
        key = b""
    if len(key) != mac.KEY_BYTES:
        raise RefusedError("no key on this board: flash it again")
    known = line.challenge
    if not known:
        line.challenge = mac.fresh(key, writer.boot, line.turn)
    if not known or not mac.authentic(body, key, known):
        raise RefusedError("key")
    line.turn += 1
    line.challenge = mac.fresh(key, writer.boot, line.turn)
    return line.challenge.decode()


def _hello(said, gate, hal, writer, answer):
    load("boot.hello").hello(hal, writer, hal.root + "gate/")
    for reader in gate.readers:
        if hasattr(reader, "say"):
            reader.say()


def _status(said, gate, hal, writer, answer):
    from ..main import health

    health(gate, hal, writer, 0)


def _time(said, gate, hal, writer, answer):
    """``t``: [seconds since 2020, milliseconds]. The records' times are not compared across the change."""
    t = _time_of(said)
    hal.clock.set(t[0], t[1])
    gate.ring.forget_time()


def _time_of(said, earliest=0):
    t = said.get("t")
    if not isinstance(t, list) or len(t) != 2 or not _whole(t[0], earliest, _LATEST) or not _whole(t[1], 0, 999):
        raise RefusedError("t: expected [seconds since 2020, milliseconds]")
    return t


def _dump(said, gate, hal, writer, answer):
    """``what``: a piece of the file "state" or "store" from byte ``at`` on, or the "window" in the ring."""
    what, at = said.get("what"), said.get("at", 0)
    if what not in ("state", "store", "window"):
        raise RefusedError("what: expected state, store or window")
    if not _whole(at, 0, _LAST):
        raise RefusedError("at: expected a whole number, a byte of the file")
    if what != "state" and not _under_key(hal) and not _sends(gate):
        raise RefusedError("samples leave this board by send:samples or under commands = key")
    if what == "window":
        ring = gate.ring
        writer.begin(b"window")
        writer.pair(b"t", ring.seconds(), ring.millis())
        writer.circular(b"w", ring.counts, ring.n_channels, ring.length, ring.head())
        writer.end()
        return
    path = hal.root + ("state.%d" % (hal.counts[STATE_SEQUENCE] & 1) if what == "state" else "windows.bin")
    try:
        with open(path, "rb") as f:
            f.seek(0, 2)
            answer["size"] = f.tell()
            f.seek(min(at, answer["size"]))
            answer["d"] = b2a_base64(f.read(_PIECE)).decode().strip()
    except OSError:
        raise RefusedError("there is none")
    answer["at"] = at


def _sends(gate):
    """Whether an action of the policy sends samples anyway."""
    return any(actions.all_sends() & SEND_SAMPLES for actions in gate.readers if hasattr(actions, "all_sends"))


def _cycle(gate):
    """What adapts this board."""
    for reader in gate.readers:
        if hasattr(reader, "roll_back"):
            return reader
    raise RefusedError("this board does not adapt: its policy has no [adapt] enabled = true")


def _label(said, gate, hal, writer, answer):
    """``t``: the time of a window's newest record; ``of``: a parent's number; ``good``: 1 or 0."""
    cycle = _cycle(gate)
    of, good = said.get("of"), said.get("good")
    if not _whole(of, 0, gate.reference.n_classifiers - 1):
        raise RefusedError("of: expected a parent's number, 0 to %d" % (gate.reference.n_classifiers - 1))
    if not _whole(good, 0, 1):
        raise RefusedError("good: expected 1 or 0")
    t = _time_of(said, -_LATEST)
    answer["is"] = cycle.became[cycle.label(t[0], t[1], of, good, gate.verdict)]


def _adapt(said, gate, hal, writer, answer):
    why = _cycle(gate).permit()
    if why:
        raise RefusedError(why)


def _rollback(said, gate, hal, writer, answer):
    if not _cycle(gate).roll_back(gate.verdict):
        raise RefusedError("nothing was taken over so far")


def _stop(said, gate, hal, writer, answer):
    """The next start opens the prompt, and the one after it goes on."""
    service = hal.service
    if service.get("repl") == "pin" and service.get("commands") != "key":
        raise RefusedError("hold pin %s at ground while the board starts" % service.get("pin"))
    hal.leave(gate)
    hal.open_prompt()


def _whole(value, low, high):
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


_COMMANDS = {
    "hello?": (_hello, False),
    "status": (_status, False),
    "time": (_time, True),
    "dump": (_dump, True),
    "label": (_label, True),
    "adapt": (_adapt, True),
    "rollback": (_rollback, True),
    "stop": (_stop, True),
}
