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


@dataclass(frozen=True)
class Hello:
    """Names, which the other kinds refer to by index, and the files' hashes; one without any knows no name."""

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
    hashes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, body: dict) -> "Hello":
        hashes = body["hashes"]
        if not isinstance(hashes, dict) or not all(isinstance(sha, str) for sha in hashes.values()):
            raise ValueError("hashes")
        body = {"v": 1, "id": "", "reset": 0} | body
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
            hashes=hashes,
        )

    def body(self) -> dict:
        lists = {key: list(getattr(self, key)) for key in ("parents", "columns", "actions", "models")}
        about = {"board": self.board, "id": self.id, "reset": self.reset, "hashes": dict(self.hashes)}
        return {"v": self.v, "stream": self.stream} | lists | about

    def line(self, names: "Hello") -> str:
        files = " ".join(f"{name}={sha}" for name, sha in self.hashes.items())
        return f"hello: {self.stream} on {self.board or 'an unnamed board'}; {files}"


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
    """How the board does; ``end``: it is the last frame, of a recording that has ended or a loop that stopped."""

    kind: ClassVar[str] = "health"

    t: Time
    windows: int
    missed: int
    heap: int
    errors: int
    end: bool = False

    @classmethod
    def read(cls, body: dict) -> "Health":
        windows, missed, heap, errors = (_whole(body, key, 0) for key in ("windows", "missed", "heap", "errors"))
        return cls(_time(body), windows, missed, heap, errors, "end" in body and _whole(body, "end", 0, 1) == 1)

    def body(self) -> dict:
        counts = {key: getattr(self, key) for key in ("windows", "missed", "heap", "errors")}
        return {"t": list(self.t)} | counts | ({"end": 1} if self.end else {})

    def line(self, names: Hello) -> str:
        line = f"{stamp(self.t)} health: {self.windows} windows, {self.missed} records missed, "
        line += f"{self.heap} bytes free, {self.errors} errors"
        return line + (", the recording has ended" if self.end else "")


@dataclass(frozen=True)
class Error:
    """An exception that the main loop caught."""

    kind: ClassVar[str] = "error"
    t: ClassVar[None] = None

    message: str

    @classmethod
    def read(cls, body: dict) -> "Error":
        return cls(_text(body, "e"))

    def body(self) -> dict:
        return {"e": self.message}

    def line(self, names: Hello) -> str:
        return f"error: {self.message}"


Form = Hello | Verdict | Model | Regimes | Health | Error
FORMS: dict[str, type[Form]] = {form.kind: form for form in get_args(Form)}


def encode(form: Form, n: int) -> bytes:
    """The line, newline included, on which a board says ``form`` as its frame number ``n``.

    >>> encode(Error("x"), 3)
    b'{"k":"error","n":3,"e":"x"}\\tcc7b7ad2\\n'
    """
    body = {"k": form.kind, "n": n} | form.body()
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
