"""The keys of this host's boards, a file each: who holds one may change its board down the line."""

import os
import re
import secrets
from pathlib import Path

from ..errors import InputError

VARIABLE = "MOTEGATE_KEYS"
KEY_BYTES = 32
NAMELESS = "nameless"
"""Of a board without a number of its own."""


class KeyFileError(InputError):
    """A key that is not there, or is none."""


def folder() -> Path:
    """``$MOTEGATE_KEYS``, or ~/.config/motegate/keys."""
    return Path(os.environ.get(VARIABLE) or Path.home() / ".config" / "motegate" / "keys")


def read(board: str) -> bytes:
    """bytes[32]: the key of the board with that number, as its hello gives it; KeyFileError: this host has none."""
    path = _path(board)
    try:
        key = path.read_bytes()
    except OSError:
        raise KeyFileError(
            f"{path}: no key of this board; the host that flashed it has one, and {VARIABLE} names the folder"
        ) from None
    if len(key) != KEY_BYTES:
        raise KeyFileError(f"{path}: {len(key)} bytes; expected a key of {KEY_BYTES}")
    return key


def read_or_make(board: str) -> bytes:
    """The same; a new one, for its owner alone to read, where there is none."""
    path = _path(board)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read(board)
    with os.fdopen(file, "wb") as out:
        out.write(secrets.token_bytes(KEY_BYTES))
    return read(board)


def _path(board: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{0,64}", board):
        raise KeyFileError(f"{board!r}: no number of a board; expected hex digits")
    return folder() / f"{board or NAMELESS}.key"
