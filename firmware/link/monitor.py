"""`motegate monitor`: what a board says, a line each; leave with Ctrl-]."""

import contextlib
import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from ..printable import printable
from .commands import encode
from .decoder import Decoder, Frame, Text
from .frames import Health, Hello
from .port import choose, opened

LEAVE = b"\x1d"  # Ctrl-]


def show(item: Frame | Text, names: Hello) -> str:
    """One readable line, without what a terminal would obey: the line is anybody's who has the board in hand. A frame
    of an odd form or of a kind that nobody here knows is shown as its JSON."""
    return printable(_line(item, names), kept="\t")


def _line(item: Frame | Text, names: Hello) -> str:
    if isinstance(item, Text):
        return ("damaged: " if item.damaged else "") + item.text.rstrip("\r")
    safe = "SAFE MODE " if item.safe else ""
    number = f"{item.boot}.{item.n}" if item.boot else str(item.n)
    return f"{number} {safe}{item.json if item.form is None else item.form.line(names)}"


def monitor(
    port: str | None = None,
    log: Path | None = None,
    plain: bool = False,
    out: TextIO | None = None,
    until_end: bool = False,
) -> None:
    """Prints what the board at ``port`` says until Ctrl-] is typed, the line closes, or, with ``until_end``, a
    replay has ended. The board is asked for its hello first, for the names. ``log`` takes the raw bytes; ``plain``
    leaves the terminal as it is, and its keys unread. Counts are said at the end."""
    out = out or sys.stdout
    decoder, names = Decoder(), Hello()
    with opened(choose(port)) as line, _log(log) as file, _keys(plain) as keys:
        with contextlib.suppress(OSError):  # a line that takes nothing is still worth listening to
            line.write_timeout = 0
            line.write(b"\n" + encode("hello?", 0, {}))
        with contextlib.suppress(KeyboardInterrupt):  # wherever it comes, the counts are said
            for data in _bytes(line, keys):
                if file is not None:
                    file.write(data)
                    file.flush()
                for item in decoder.feed(data):
                    if isinstance(item.form, Hello):
                        names = item.form
                    print(show(item, names), file=out, flush=True)
                    if until_end and isinstance(item.form, Health) and item.form.end:
                        return _say(decoder, out)
        for item in decoder.flush():
            print(show(item, names), file=out, flush=True)
    return _say(decoder, out)


def _say(decoder: Decoder, out: TextIO) -> None:
    print(
        f"{decoder.frames} frames, {decoder.lost} lost, {decoder.damaged} damaged, {decoder.restarts} restarts",
        file=out,
        flush=True,
    )


def _log(path: Path | None) -> contextlib.AbstractContextManager[BinaryIO | None]:
    return contextlib.nullcontext() if path is None else open(path, "ab")


@contextlib.contextmanager
def _keys(plain: bool) -> Iterator[int | None]:
    """The terminal's keys one by one, unechoed; None where stdin is no terminal, or nobody may touch it."""
    if plain or not sys.stdin or not sys.stdin.isatty():
        yield None
        return
    import termios
    import tty

    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    try:
        tty.setcbreak(fd)
        yield fd
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


def _bytes(line, keys: int | None) -> Iterator[bytes]:
    """What comes in, until Ctrl-] or the end of the line."""
    watched = [line] if keys is None else [line, keys]
    try:
        while True:
            ready, _, _ = select.select(watched, [], [], 1.0)
            if keys in ready and keys is not None:
                typed = os.read(keys, 64)
                if LEAVE in typed:
                    return
            if line in ready:
                data = line.read(4096)
                if not data:
                    return
                yield data
    except OSError:
        return
