"""Commands to a board that judges: each a frame, sent again until an ack answers it (docs/frames.md).

Where the board asks for its key, a command ends with the HMAC-SHA-256 (RFC 2104) of the board's challenge and all that
stands before it.
"""

import contextlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zlib import crc32

from .. import atomic
from ..clock import EPOCH_S
from ..errors import InputError, RefusedError
from . import keys
from .decoder import MODULUS, Decoder, Frame
from .frames import Ack, Health, Hello, Time, Window
from .patience import SLICE_S, clock_of
from .port import PortError, choose, opened

PATIENCE_S = 12.0  # of the board's time, for one answer: an idle line is looked at every eight seconds
TRIES = 5
Said = TypeVar("Said")
KEY = "key"  # why a command is refused that answers no challenge
FILES = {"state": "state.bin", "store": "windows.bin", "window": "window.json"}


class SilentError(PortError):
    """Nobody answers on the line."""


@dataclass(frozen=True)
class Answer:
    """``ack``, and the ``frames`` that came since the command was sent."""

    ack: Ack
    frames: tuple[Frame, ...]


def encode(kind: str, n: int, fields: dict, key: bytes | None = None, challenge: str = "") -> bytes:
    """The line, newline included, of command number ``n``; with ``key`` it answers ``challenge``.

    >>> encode("hello?", 3, {})
    b'{"k":"hello?","n":3}\\t49a4fba1\\n'
    """
    text = json.dumps({"k": kind, "n": n} | fields, separators=(",", ":")).encode()
    if key is not None:
        mac = hmac.new(key, challenge.encode() + text[:-1], "sha256").hexdigest()
        text = text[:-1] + b',"mac":"' + mac.encode() + b'"}'
    return text + b"\t%08x\n" % crc32(text)


class Commands:
    """The line at ``port`` to a board that judges."""

    def __init__(self, line, port: str, tries: int = TRIES):
        self.port = port
        self._tries = tries
        self._line = line
        self._line.timeout = SLICE_S
        self._clock = clock_of(port)
        self._decoder = Decoder()
        self._n = secrets.randbelow(MODULUS // 2)
        self._key: bytes | None = None
        self._challenge = ""

    def ask(self, kind: str, **fields) -> Answer:
        """What the board answers. SilentError: nothing. RefusedError: why not. KeyFileError: it asks for a key that is
        not here."""
        for _ in range(TRIES):
            answer = self._exchange(kind, fields)
            if answer.ack.challenge:
                self._challenge = answer.ack.challenge
            if answer.ack.ok:
                return answer
            if answer.ack.why != KEY or not answer.ack.challenge:
                raise RefusedError(f"{self.port}: {kind}: {answer.ack.why}")
            if self._key is None:
                self._key = keys.read(self.hello().id)
        raise RefusedError(f"{self.port}: {kind}: the key in {keys.folder()} is not this board's")

    def hello(self) -> Hello:
        """Who it is."""
        frames = self._exchange("hello?", {}).frames
        return _last(frames, Hello)

    def file(self, what: str) -> bytes:
        """All of "state" or "store". It is asked for again where the board has changed it meanwhile."""
        data = b""
        size = -1
        while size < 0 or len(data) < size:
            ack = self.ask("dump", what=what, at=len(data)).ack
            if (ack.size != size and size >= 0) or not ack.data:
                data = b""
            size = ack.size
            if ack.at == len(data):
                data += ack.data
        return data

    def _exchange(self, kind: str, fields: dict) -> Answer:
        sent = []
        frames: list[Frame] = []
        for _ in range(self._tries):
            self._n = (self._n + 1) % MODULUS
            sent.append(self._n)
            key = self._key if self._challenge and kind not in ("hello?", "status") else None
            with contextlib.suppress(OSError):  # a line that takes nothing now may do so later
                self._line.write(b"\n" + encode(kind, self._n, fields, key, self._challenge))
            end = self._clock() + PATIENCE_S
            while self._clock() < end:
                for item in self._decoder.feed(self._line.read(1) + self._line.read(self._line.in_waiting)):
                    if isinstance(item, Frame):
                        frames.append(item)
                        if isinstance(item.form, Ack) and item.form.re in sent:
                            return Answer(item.form, tuple(frames))
        raise SilentError(f"{self.port}: no answer in {self._tries * PATIENCE_S:.0f} s; does a gate run there?")


def _last(frames: Sequence[Frame], form: type[Said]) -> Said:
    """What the latest frame of that form says; before an ack there is one."""
    return next(frame.form for frame in reversed(frames) if isinstance(frame.form, form))


@contextlib.contextmanager
def connected(port: str | None = None, tries: int = TRIES) -> Iterator[Commands]:
    """The line to the only board, or to the one at ``port``. PortError: there is none, or it cannot be opened."""
    where = choose(port)
    with opened(where) as line:
        line.write_timeout = 1.0
        try:
            yield Commands(line, where, tries)
        except OSError as error:
            raise PortError(f"{where}: {error.strerror or error}") from None


def status(port: str | None = None) -> Health:
    """How the board is."""
    with connected(port) as board:
        frames = board.ask("status").frames
    return _last(frames, Health)


def set_time(port: str | None = None) -> Time:
    """Gives the board this host's time, and returns it."""
    with connected(port) as board:
        board.ask("hello?")  # it looks more often for a while now, so that the time is still true when it arrives
        now = divmod(time.time_ns() // 1_000_000 - EPOCH_S * 1000, 1000)
        board.ask("time", t=list(now))
    return now


def adapt(port: str | None = None) -> None:
    """The operator's word: what has changed is good (firmware/device/adaptation/)."""
    with connected(port) as board:
        board.ask("adapt")


def label(when: str, parent: str, good: bool, port: str | None = None) -> str:
    """What a person says of the window whose newest record is of that time, ISO 8601 and UTC where it says no other;
    what became of it. InputError: no such time or parent."""
    t = time_of(when)
    with connected(port) as board:
        parents = board.hello().parents
        if parent not in parents:
            raise InputError(f"--parent {parent}: this board has {', '.join(parents)}")
        return board.ask("label", t=list(t), of=parents.index(parent), good=int(good)).ack.became


def time_of(text: str) -> Time:
    """Seconds since 2020 and milliseconds.

    >>> time_of("2020-01-01 00:01:03.250"), time_of("2020-01-01T02:00:00+02:00")
    ((63, 250), (0, 0))
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text}: no time; expected ISO 8601, as in 2026-03-01T12:00:00Z") from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    ms = (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1) - EPOCH_S * 1000
    return ms // 1000, ms % 1000


def rollback(port: str | None = None) -> None:
    """The reference before the one that was taken over last judges again."""
    with connected(port) as board:
        board.ask("rollback")


def stop(port: str | None = None, tries: int = TRIES) -> None:
    """The board resets, and its prompt is open until the next reset."""
    with connected(port, tries) as board:
        board.ask("stop")


def dump(folder: Path, port: str | None = None) -> list[str]:
    """Puts what lies on the board into ``folder``: its state, its stored windows (firmware/stored.py reads them) and
    the window in its ring. A line for each, of what the board does not give why. RefusedError: it gives nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    lines, given = [], 0
    with connected(port) as board:
        for what, name in FILES.items():
            try:
                data = board.file(what) if what != "window" else _window(board)
            except RefusedError as error:
                lines.append(str(error))
                continue
            atomic.write(folder / name, data)
            lines.append(f"{folder / name}: {len(data)} bytes")
            given += 1
    if not given:
        raise RefusedError("\n".join(lines))
    return lines


def _window(board: Commands) -> bytes:
    frames = board.ask("dump", what="window").frames
    return json.dumps(_last(frames, Window).body()).encode() + b"\n"
