"""`motegate monitor`: what a board says, a line each; leave with Ctrl-]."""

import contextlib
import os
import select
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from .epoch import EPOCH_S
from .frames import Decoder, Frame, Text
from .port import PortError, choose
from .printable import printable

LEAVE = b"\x1d"  # Ctrl-]


class Names:
    """What the hello said: classifiers, dimensions, actions and models by index."""

    def __init__(self) -> None:
        self.parents: list[str] = []
        self.columns: list[str] = []
        self.actions: list[str] = []
        self.models: list[str] = []

    def take(self, hello: dict) -> None:
        for key in vars(self):
            value = hello.get(key)
            setattr(self, key, [str(name) for name in value] if isinstance(value, list) else [])


def stamp(t) -> str:
    """A frame's time as UTC, or as it is.

    >>> stamp([150000000, 250])
    '2024-10-02 02:40:00.250'
    """
    try:
        seconds, millis = t
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(EPOCH_S + seconds)) + f".{millis:03d}"
    except (TypeError, ValueError, OverflowError, OSError):
        return str(t)


def show(item: Frame | Text, names: Names) -> str:
    """One readable line, without what a terminal would obey: the line is anybody's who has the board in his hands.
    Never raises: a frame of an odd form is shown as its JSON."""
    return printable(_line(item, names), kept="\t")


def _line(item: Frame | Text, names: Names) -> str:
    if isinstance(item, Text):
        return ("damaged: " if item.damaged else "") + item.text.rstrip("\r")
    try:
        return f"{item.n} {_FORMS.get(item.kind, _any)(item.body, names)}"
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return f"{item.n} {item.json}"


def _verdict(body: dict, names: Names) -> str:
    if "p" not in body:
        return f"{stamp(body['t'])} {body['why']}"
    verdicts = [
        f"{_name(names.parents, i)} {'pass' if p else 'FAIL'} {score}"
        for i, (p, score) in enumerate(zip(body["p"], body["s"], strict=True))
    ]
    line = f"{stamp(body['t'])} {', '.join(verdicts)}: {_name(names.actions, body['a'])}"
    if "why" in body:
        line += f" ({body['why']})"
    if "x" in body:
        line += " | " + " ".join(f"{_name(names.columns, i)}={x}" for i, x in enumerate(body["x"]))
    if "w" in body:
        line += f" | samples {body['w']}"
    return line


def _model(body: dict, names: Names) -> str:
    return f"{stamp(body['t'])} {_name(names.models, body['m'])}: {body['y']}"


def _health(body: dict, names: Names) -> str:
    line = f"{stamp(body['t'])} health: {body['windows']} windows, {body['missed']} records missed, "
    line += f"{body['heap']} bytes free, {body['errors']} errors"
    return line + (", the recording has ended" if body.get("end") else "")


def _hello(body: dict, names: Names) -> str:
    files = " ".join(f"{name}={sha}" for name, sha in body["hashes"].items())
    return f"hello: {body['stream']} on {body['board'] or 'an unnamed board'}; {files}"


def _error(body: dict, names: Names) -> str:
    return f"error: {body['e']}"


def _any(body: dict, names: Names) -> str:
    raise KeyError


_FORMS = {"verdict": _verdict, "model": _model, "health": _health, "hello": _hello, "error": _error}


def _name(names: list[str], index: int) -> str:
    return names[index] if 0 <= index < len(names) else str(index)


def monitor(
    port: str | None = None,
    log: Path | None = None,
    plain: bool = False,
    out: TextIO | None = None,
    until_end: bool = False,
) -> None:
    """Prints what the board at ``port`` says until Ctrl-] is typed, the line closes, or, with ``until_end``, a
    replay has ended. ``log`` takes the raw bytes; ``plain`` leaves the terminal as it is, and its keys unread.
    Counts are said at the end."""
    out = out or sys.stdout
    decoder, names = Decoder(), Names()
    with _open(choose(port)) as line, _log(log) as file, _keys(plain) as keys:
        with contextlib.suppress(KeyboardInterrupt):  # wherever it comes, the counts are said
            for data in _bytes(line, keys):
                if file is not None:
                    file.write(data)
                    file.flush()
                for item in decoder.feed(data):
                    if isinstance(item, Frame) and item.kind == "hello":
                        names.take(item.body)
                    print(show(item, names), file=out, flush=True)
                    if until_end and isinstance(item, Frame) and item.body.get("end"):
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


@contextlib.contextmanager
def _open(port: str) -> Iterator:
    import serial

    try:
        line = serial.serial_for_url(port, do_not_open=True, baudrate=115200, timeout=0, exclusive=True)
        line._reset_input_buffer = lambda: None  # what the board said before we listened is worth showing
        line.open()
    except (OSError, ValueError) as error:  # SerialException is an OSError
        busy = "exclusively lock" in str(error) or "busy" in str(error).lower()
        why = "busy: another program uses it" if busy else "cannot be opened"
        raise PortError(f"{port}: {why}") from None
    try:
        yield line
    finally:
        with contextlib.suppress(OSError):
            line.close()


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
