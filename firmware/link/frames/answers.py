"""What a board answers to a command: an ack last of all, and a window where it was asked for one."""

import base64
from dataclasses import dataclass
from typing import ClassVar

from .board import Hello
from .fields import Time, items, stamp, text, time_of, whole, wholes


@dataclass(frozen=True)
class Ack:
    """The end of an answer to command number ``re``, of kind ``of``. ``why``: it was not obeyed. ``challenge``: what
    the next authenticated command must answer. Of a file's piece: ``data`` from byte ``at`` on, ``size`` of the file.
    ``became``: of a label, "late", "noted", "counted", "again" or "taught".
    """

    kind: ClassVar[str] = "ack"
    t: ClassVar[None] = None

    re: int
    of: str
    ok: bool = True
    why: str = ""
    challenge: str = ""
    at: int = 0
    size: int = 0
    data: bytes = b""
    became: str = ""

    @classmethod
    def read(cls, body: dict) -> "Ack":
        body = {"why": "", "c": "", "at": 0, "size": 0, "d": "", "is": ""} | body
        return cls(
            whole(body, "re", 0),
            text(body, "of"),
            whole(body, "ok", 0, 1) == 1,
            text(body, "why"),
            text(body, "c"),
            whole(body, "at", 0),
            whole(body, "size", 0),
            base64.b64decode(text(body, "d"), validate=True),
            text(body, "is"),
        )

    def body(self) -> dict:
        said: dict = {"re": self.re, "of": self.of, "ok": int(self.ok)}
        said |= {key: value for key, value in (("why", self.why), ("c", self.challenge), ("is", self.became)) if value}
        if self.size:
            said |= {"at": self.at, "size": self.size, "d": base64.b64encode(self.data).decode()}
        return said

    def line(self, names: Hello) -> str:
        done = "done" if self.ok else f"refused: {self.why}"
        return f"{self.of} (command {self.re}): {done}{self.became and f', {self.became}'}"


@dataclass(frozen=True)
class Window:
    """The ring as it is: ``samples`` in counts per channel, oldest first, up to time ``t``."""

    kind: ClassVar[str] = "window"

    t: Time
    samples: tuple[tuple[int, ...], ...]

    @classmethod
    def read(cls, body: dict) -> "Window":
        return cls(time_of(body), tuple(wholes(row) for row in items(body["w"])))

    def body(self) -> dict:
        return {"t": list(self.t), "w": [list(row) for row in self.samples]}

    def line(self, names: Hello) -> str:
        return f"{stamp(self.t)} window: {[list(row) for row in self.samples]}"
