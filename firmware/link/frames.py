"""What a board's frames say, a class for each kind: read from a frame's JSON with every field checked, written back to
it, and said in a line for a person. docs/frames.md lists the keys.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, get_args
from zlib import crc32

from ..clock import EPOCH_S

Time = tuple[int, int]
"""Seconds since 2020-01-01 UTC, milliseconds."""
COUNTS_AT_START = ("saved", "windows", "resets", "bites", "writes")
HEALTH_COUNTS = (
    "windows", "judged", "commissioning", "failed", "missed", "gap", "heap", "errors", "sensors", "effects", "writes",
    "resets",
)  # fmt: skip


@dataclass(frozen=True)
class Hello:
    """Names, which the other kinds refer to by index, the files' hashes, and what goes on of the start before:
    ``kept``, the reference as it was ``saved`` (seconds since 2020), at that start's window number ``windows``. Counts
    of all starts: ``resets`` after an exception, ``bites`` of the watchdog, ``writes`` of the state. One without any
    name knows none."""

    kind: ClassVar[str] = "hello"
    t: ClassVar[None] = None

    v: int = 1
    stream: str = ""
    parents: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    board: str = ""
    id: str = ""
    reset: int = 0
    kept: bool = False
    saved: int = 0
    windows: int = 0
    resets: int = 0
    bites: int = 0
    writes: int = 0
    hashes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, body: dict) -> "Hello":
        hashes = body["hashes"]
        if not isinstance(hashes, dict) or not all(isinstance(sha, str) for sha in hashes.values()):
            raise ValueError("hashes")
        body = {"v": 1, "id": "", "reset": 0, "kept": 0} | dict.fromkeys(COUNTS_AT_START, 0) | body
        return cls(
            v=_whole(body, "v"),
            stream=_text(body, "stream"),
            parents=_texts(body, "parents"),
            columns=_texts(body, "columns"),
            actions=_texts(body, "actions"),
            models=_texts(body, "models"),
            board=_text(body, "board"),
            id=_text(body, "id"),
            reset=_whole(body, "reset"),
            kept=_whole(body, "kept", 0, 1) == 1,
            hashes=hashes,
            **{key: _whole(body, key) for key in COUNTS_AT_START},
        )

    def body(self) -> dict:
        lists = {key: list(getattr(self, key)) for key in ("parents", "columns", "actions", "models")}
        about = {"board": self.board, "id": self.id, "reset": self.reset, "kept": int(self.kept)}
        counts = {key: getattr(self, key) for key in COUNTS_AT_START}
        return {"v": self.v, "stream": self.stream} | lists | about | counts | {"hashes": dict(self.hashes)}

    def line(self, names: "Hello") -> str:
        files = " ".join(f"{name}={sha}" for name, sha in self.hashes.items())
        line = f"hello: {self.stream} on {self.board or 'an unnamed board'}; "
        if self.kept:
            line += f"goes on from {stamp((self.saved, 0))}, what came behind that is lost; "
        if self.resets or self.bites:
            line += f"{self.resets} resets, {self.bites} of the watchdog; "
        return line + files


@dataclass(frozen=True)
class Verdict:
    """A window's verdict; while commissioning there is only ``why``, and ``action`` is None.

    ``values``, ``regime`` and ``samples`` (per channel, oldest first) are there where the action sends them.
    """

    kind: ClassVar[str] = "verdict"

    t: Time
    passes: tuple[int, ...] = ()
    scores: tuple[int, ...] = ()
    action: int | None = None
    values: tuple[int, ...] | None = None
    samples: tuple[tuple[int, ...], ...] | None = None
    why: str = ""
    regime: int | None = None

    @classmethod
    def read(cls, body: dict) -> "Verdict":
        if "p" not in body:
            return cls(_time(body), why=_text(body, "why"))
        passes, scores = _wholes(body["p"], 0, 1), _wholes(body["s"], -128, 127)
        if len(passes) != len(scores):
            raise ValueError("p, s")
        values = _wholes(body["x"]) if "x" in body else None
        samples = tuple(_wholes(row) for row in _list(body["w"])) if "w" in body else None
        why = _text(body, "why") if "why" in body else ""
        regime = _whole(body, "r", 0, 255) if "r" in body else None
        return cls(_time(body), passes, scores, _whole(body, "a", 0, 255), values, samples, why, regime)

    def body(self) -> dict:
        said: dict = {"t": list(self.t)}
        if self.action is not None:
            said |= {"p": list(self.passes), "s": list(self.scores), "a": self.action}
        if self.values is not None:
            said["x"] = list(self.values)
        if self.regime is not None:
            said["r"] = self.regime
        if self.samples is not None:
            said["w"] = [list(row) for row in self.samples]
        return said | ({"why": self.why} if self.why else {})

    def line(self, names: Hello) -> str:
        if self.action is None:
            return f"{stamp(self.t)} {self.why}"
        verdicts = [
            f"{_name(names.parents, i)} {'pass' if passes else 'FAIL'} {score}"
            for i, (passes, score) in enumerate(zip(self.passes, self.scores, strict=True))
        ]
        line = f"{stamp(self.t)} {', '.join(verdicts)}: {_name(names.actions, self.action)}"
        if self.why:
            line += f" ({self.why})"
        if self.values is not None:
            line += " | " + " ".join(f"{_name(names.columns, i)}={x}" for i, x in enumerate(self.values))
        if self.regime is not None:
            line += f" | regime {self.regime}"
        if self.samples is not None:
            line += f" | samples {[list(row) for row in self.samples]}"
        return line


@dataclass(frozen=True)
class Model:
    """What a guarded model made of a window."""

    kind: ClassVar[str] = "model"

    t: Time
    model: int
    output: tuple[int, ...]

    @classmethod
    def read(cls, body: dict) -> "Model":
        return cls(_time(body), _whole(body, "m", 0), _wholes(body["y"], -128, 127))

    def body(self) -> dict:
        return {"t": list(self.t), "m": self.model, "y": list(self.output)}

    def line(self, names: Hello) -> str:
        return f"{stamp(self.t)} {_name(names.models, self.model)}: {list(self.output)}"


@dataclass(frozen=True)
class Regimes:
    """Which regimes are known, by their number in a verdict; three lists of one length.

    ``radius``: as the distances of signatures are (docs/design.md); ``seen``: the last window in each, -1: none at this
    site yet; ``candidate``: the window of its only visit, -1: it is known. Windows are counted from the reference's
    first on: ``window``.
    """

    kind: ClassVar[str] = "regimes"
    t: ClassVar[None] = None

    window: int
    radius: tuple[int, ...]
    seen: tuple[int, ...]
    candidate: tuple[int, ...]

    @classmethod
    def read(cls, body: dict) -> "Regimes":
        radius, seen, candidate = _wholes(body["radius"], 1), _wholes(body["seen"], -1), _wholes(body["candidate"], -1)
        if not len(radius) == len(seen) == len(candidate):
            raise ValueError("radius, seen, candidate")
        return cls(_whole(body, "window", 0), radius, seen, candidate)

    def body(self) -> dict:
        lists = {key: list(getattr(self, key)) for key in ("radius", "seen", "candidate")}
        return {"window": self.window} | lists

    def line(self, names: Hello) -> str:
        return f"regimes at window {self.window}: " + (", ".join(map(self._one, range(len(self.radius)))) or "none")

    def _one(self, i: int) -> str:
        seen = "not seen yet" if self.seen[i] < 0 else f"seen at {self.seen[i]}"
        return f"{i} (radius {self.radius[i]}, {seen}{', candidate' if self.candidate[i] >= 0 else ''})"


@dataclass(frozen=True)
class Health:
    """How the board does since its start: ``windows``, each in one of the four counts behind it; ``gap``: records that
    no window holds; exceptions (``errors``), of sensors and of effects among them; ``writes`` of the state and
    ``resets`` of all starts. ``end``: it is the last frame, of a recording that has ended."""

    kind: ClassVar[str] = "health"

    t: Time
    windows: int
    judged: int
    commissioning: int
    failed: int
    missed: int
    gap: int
    heap: int
    errors: int
    sensors: int = 0
    effects: int = 0
    writes: int = 0
    resets: int = 0
    end: bool = False

    @classmethod
    def read(cls, body: dict) -> "Health":
        if "judged" not in body:  # a board of before
            body = (
                dict.fromkeys(HEALTH_COUNTS, 0) | body | {"judged": body["windows"], "gap": body["missed"], "missed": 0}
            )
        counts = {key: _whole(body, key, 0) for key in HEALTH_COUNTS}
        return cls(_time(body), end="end" in body and _whole(body, "end", 0, 1) == 1, **counts)

    @property
    def adds_up(self) -> bool:
        """Whether every window is in exactly one count."""
        return self.windows == self.judged + self.commissioning + self.failed + self.missed

    def body(self) -> dict:
        counts = {key: getattr(self, key) for key in HEALTH_COUNTS}
        return {"t": list(self.t)} | counts | ({"end": 1} if self.end else {})

    def line(self, names: Hello) -> str:
        parts = [f"{getattr(self, key)} {key}" for key in ("judged", "commissioning", "failed", "missed")]
        line = f"{stamp(self.t)} health: {self.windows} windows ({', '.join(parts)}), {self.gap} records missed, "
        line += f"{self.heap} bytes free, {self.errors} errors"
        line += "" if self.adds_up else ", THE COUNTS DO NOT ADD UP"
        return line + (", the recording has ended" if self.end else "")


@dataclass(frozen=True)
class Error:
    """An exception. ``of``: the part of the board whose trouble it is, which is said once until it has recovered."""

    kind: ClassVar[str] = "error"
    t: ClassVar[None] = None

    message: str
    of: str = ""

    @classmethod
    def read(cls, body: dict) -> "Error":
        return cls(_text(body, "e"), _text(body, "of") if "of" in body else "")

    def body(self) -> dict:
        return {"e": self.message} | ({"of": self.of} if self.of else {})

    def line(self, names: Hello) -> str:
        return f"error{' of ' if self.of else ''}{self.of}: {self.message}"


@dataclass(frozen=True)
class Recovered:
    """A part of the board whose trouble an error said does its work again."""

    kind: ClassVar[str] = "recovered"
    t: ClassVar[None] = None

    of: str

    @classmethod
    def read(cls, body: dict) -> "Recovered":
        return cls(_text(body, "of"))

    def body(self) -> dict:
        return {"of": self.of}

    def line(self, names: Hello) -> str:
        return f"recovered: {self.of}"


Form = Hello | Verdict | Model | Regimes | Health | Error | Recovered
FORMS: dict[str, type[Form]] = {form.kind: form for form in get_args(Form)}


def encode(form: Form, n: int, boot: int = 0, safe: bool = False) -> bytes:
    """The line, newline included, on which a board says ``form`` as its frame number ``n`` of start ``boot``.

    >>> encode(Error("x"), 3, 12)
    b'{"k":"error","n":3,"b":12,"e":"x"}\\t8731b4ea\\n'
    """
    start = ({"b": boot} if boot else {}) | ({"safe": 1} if safe else {})
    body = {"k": form.kind, "n": n} | start | form.body()
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return text + b"\t%08x\n" % crc32(text)


def stamp(t: Time) -> str:
    """A frame's time as UTC.

    >>> stamp((150000000, 250))
    '2024-10-02 02:40:00.250'
    """
    seconds, millis = t
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(EPOCH_S + seconds)) + f".{millis:03d}"


def _name(names: tuple[str, ...], index: int) -> str:
    return names[index] if 0 <= index < len(names) else str(index)


def _text(body: dict, key: str) -> str:
    if not isinstance(body[key], str):
        raise ValueError(key)
    return body[key]


def _texts(body: dict, key: str) -> tuple[str, ...]:
    if not all(isinstance(text, str) for text in _list(body[key])):
        raise ValueError(key)
    return tuple(body[key])


def _whole(body: dict, key: str, low: int = -(1 << 31), high: int = (1 << 31) - 1) -> int:
    return _wholes([body[key]], low, high)[0]


def _wholes(values: object, low: int = -(1 << 31), high: int = (1 << 31) - 1) -> tuple[int, ...]:
    found = _list(values)
    if not all(type(value) is int and low <= value <= high for value in found):
        raise ValueError(f"not from {low} to {high}")
    return tuple(found)


def _list(value: object) -> list:
    if not isinstance(value, list):
        raise ValueError("no list")
    return value


def _time(body: dict) -> Time:
    seconds, millis = _wholes(body["t"])
    return seconds, millis
