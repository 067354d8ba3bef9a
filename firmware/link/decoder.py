"""A board's line as a host reads it: frames with their CRC checked, everything else passed through as text.

>>> parse(b'{"k":"error","n":3,"e":"x"}\\tcc7b7ad2\\n').form
Error(message='x', of='')
>>> parse(b"MicroPython v1.25.0\\r\\n").text
'MicroPython v1.25.0'
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar
from zlib import crc32

from .frames import FORMS, Form

MODULUS = 1 << 29  # of the sequence number
_LONGEST = 1 << 20  # bytes without a newline that are still waited for
_FRAME = re.compile(rb'(\{"k":.*)\t([0-9a-f]{8})\Z', re.DOTALL)


@dataclass(frozen=True)
class Frame:
    """One frame whose CRC is right: the ``n``-th of the board's start number ``boot``; ``safe``: it is in safe mode.
    ``body`` is its JSON, ``raw`` the line without its newline."""

    kind: str
    n: int
    body: dict
    raw: bytes = field(repr=False)
    boot: int = 0
    safe: bool = False

    @property
    def json(self) -> str:
        return self.raw[:-9].decode()

    @cached_property
    def form(self) -> Form | None:
        """What the frame says; None for a kind that nobody here knows, and for one of an odd form."""
        try:
            return FORMS[self.kind].read(self.body)
        except (KeyError, TypeError, ValueError):
            return None


@dataclass(frozen=True)
class Text:
    """Anything else. ``damaged``: it had a frame's shape, but its CRC or JSON was wrong."""

    raw: bytes
    damaged: bool = False
    form: ClassVar[None] = None

    @property
    def text(self) -> str:
        return self.raw.decode("utf-8", "replace")


def parse(line: bytes) -> Frame | Text:
    """One line, with or without its newline. Never raises."""
    raw = bytes(line).removesuffix(b"\n").removesuffix(b"\r")
    match = _FRAME.match(raw)
    if match is None:
        return Text(raw, damaged=raw.startswith(b'{"k":'))
    if crc32(match[1]) != int(match[2], 16):
        return Text(raw, damaged=True)
    try:
        body = json.loads(match[1].decode())
    except (ValueError, RecursionError):
        return Text(raw, damaged=True)
    kind, n = body.get("k"), body.get("n")
    if not isinstance(kind, str) or type(n) is not int or not 0 <= n < MODULUS:
        return Text(raw, damaged=True)
    boot = body.get("b", 0)
    if type(boot) is not int or not 0 <= boot < 1 << 31:
        return Text(raw, damaged=True)
    return Frame(kind, n, body, raw, boot, body.get("safe") == 1)


class Decoder:
    """Cuts a byte stream into frames and text, and counts what went wrong on the way.

    ``frames`` good ones, ``damaged`` ones, ``lost`` ones (gaps in the sequence number, damaged ones
    included), ``restarts`` of the board (another start's number, or one that starts again).
    """

    def __init__(self) -> None:
        self.frames = self.damaged = self.lost = self.restarts = 0
        self._rest = b""
        self._next: int | None = None
        self._boot = 0

    def feed(self, data: bytes) -> Iterator[Frame | Text]:
        """Takes bytes as they come; yields what is complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            yield from self._line(line)
        if len(self._rest) > _LONGEST:
            yield from self.flush()

    def flush(self) -> Iterator[Frame | Text]:
        """What came after the last newline."""
        rest, self._rest = self._rest, b""
        if rest:
            yield from self._line(rest)

    def _line(self, line: bytes) -> Iterator[Frame | Text]:
        item = parse(line)
        if isinstance(item, Text):  # text without a newline of its own may stand before a frame
            start = line.find(b'{"k":', 1)
            while start > 0:
                later = parse(line[start:])
                if isinstance(later, Frame):
                    yield self._count(Text(line[:start], damaged=item.damaged))
                    item = later
                    break
                start = line.find(b'{"k":', start + 1)
        yield self._count(item)

    def _count(self, item: Frame | Text) -> Frame | Text:
        if isinstance(item, Text):
            self.damaged += item.damaged
            return item
        self.frames += 1
        gap = 0 if self._next is None else (item.n - self._next) % MODULUS
        if self._next is not None and (item.boot != self._boot or (item.n == 0 and gap)):
            self.restarts += 1
            self.lost += item.n if item.boot != self._boot else 0
        elif gap < MODULUS // 2:
            self.lost += gap
        else:
            self.restarts += 1
        self._next = (item.n + 1) % MODULUS
        self._boot = item.boot
        return item
