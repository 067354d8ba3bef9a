"""How the board is: its hello, its health, its troubles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from .fields import Time, stamp, text, texts, time_of, whole

COUNTS_AT_START = ("saved", "windows", "resets", "bites", "writes", "stored", "torn")
HEALTH_COUNTS = (
    "windows", "judged", "commissioning", "failed", "missed", "gap", "heap", "errors", "sensors", "effects", "writes",
    "resets", "late",
)  # fmt: skip


@dataclass(frozen=True)
class Hello:
    """Names, which the other kinds refer to by index, the files' hashes, and what goes on of the start before:
    ``kept``, the reference as it was ``saved`` (seconds since 2020), at that start's window number ``windows``. Counts
    of all starts: ``resets`` after an exception, ``bites`` of the watchdog, ``writes`` of the state. ``stored``: the
    number of the next window to be stored, ``torn``: stored ones that are not whole. One without any name knows none.
    """

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
    stored: int = 0
    torn: int = 0
    hashes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, body: dict) -> "Hello":
        hashes = body["hashes"]
        if not isinstance(hashes, dict) or not all(isinstance(sha, str) for sha in hashes.values()):
            raise ValueError("hashes")
        body = {"v": 1, "id": "", "reset": 0, "kept": 0} | dict.fromkeys(COUNTS_AT_START, 0) | body
        return cls(
            v=whole(body, "v"),
            stream=text(body, "stream"),
            parents=texts(body, "parents"),
            columns=texts(body, "columns"),
            actions=texts(body, "actions"),
            models=texts(body, "models"),
            board=text(body, "board"),
            id=text(body, "id"),
            reset=whole(body, "reset"),
            kept=whole(body, "kept", 0, 1) == 1,
            hashes=hashes,
            **{key: whole(body, key) for key in COUNTS_AT_START},
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
        if self.torn:
            line += f"{self.torn} stored windows are not whole; "
        return line + files


@dataclass(frozen=True)
class Health:
    """How the board does since its start: ``windows``, each in one of the four counts behind it; ``gap``: records that
    no window holds; exceptions (``errors``), of sensors and of effects among them; ``writes`` of the state and
    ``resets`` of all starts; ``late``: records taken more than an eighth of a period after their time. ``end``: it is
    the last frame, of a recording that has ended."""

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
    late: int = 0
    end: bool = False

    @classmethod
    def read(cls, body: dict) -> "Health":
        if "judged" not in body:  # a board of before
            body = (
                dict.fromkeys(HEALTH_COUNTS, 0) | body | {"judged": body["windows"], "gap": body["missed"], "missed": 0}
            )
        counts = {key: whole({"late": 0} | body, key, 0) for key in HEALTH_COUNTS}
        return cls(time_of(body), end="end" in body and whole(body, "end", 0, 1) == 1, **counts)

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
        return cls(text(body, "e"), text(body, "of") if "of" in body else "")

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
        return cls(text(body, "of"))

    def body(self) -> dict:
        return {"of": self.of}

    def line(self, names: Hello) -> str:
        return f"recovered: {self.of}"
