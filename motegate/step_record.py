"""`steps.json`: for each step of a work folder how it was called and the SHA-256 of what it read and made.

Anybody may have edited it, and every command acts on it: it is checked whole when it is read.
"""

import json
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .firmware import atomic
from .firmware.errors import InputError
from .firmware.printable import printable

LARGEST_SEED = (1 << 31) - 1
HASH = re.compile(r"[0-9a-f]{64}")
STEP = re.compile(r"train|convert|build [A-Za-z0-9_]{1,64}")


@dataclass(frozen=True)
class Step:
    """One recorded step: the arguments it was run with, ``path -> SHA-256`` of what it read and made."""

    arguments: dict
    inputs: dict[str, str]
    outputs: dict[str, str] = field(default_factory=dict)


class _FormError(ValueError):
    """Where the record is not of its form."""


def read(path: Path) -> dict[str, Step]:
    """The steps by name, none where there is no file; InputError where it is damaged."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return {}
    try:
        content = json.loads(text)
        _check(isinstance(content, dict), "no table of steps")
        return {name: _step(name, step) for name, step in content.items()}
    except (ValueError, RecursionError) as error:
        why = printable(str(error), 80)
        raise InputError(f"{path}: not a record of steps ({why}); delete it, then train again") from None


def write(path: Path, steps: dict[str, Step]) -> None:
    """Writes the record whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write(path, json.dumps({name: asdict(step) for name, step in steps.items()}, indent=1).encode())


def _step(name: str, content: object) -> Step:
    _check(STEP.fullmatch(name), f"{name!r} is no step")
    if not isinstance(content, dict) or set(content) != {"arguments", "inputs", "outputs"}:
        raise _FormError(f"{name} has another form")
    arguments, inputs, outputs = content["arguments"], content["inputs"], content["outputs"]
    kind = name.split()[0]
    keys = {"train": {"policy", "data", "seed"}, "convert": set(), "build": {"replay"}}[kind]
    more = {"synthetic_only", "search"} if kind == "train" else set()
    fits = isinstance(arguments, dict) and {*keys, "motegate"} <= set(arguments) <= {*keys, *more, "motegate"}
    _check(fits, f"{name} has other arguments")
    _check(isinstance(arguments["motegate"], str), f"{name} has no version")
    if kind == "train":
        seed = arguments["seed"]
        _check(_is_path(arguments["policy"]), "train names no policy")
        _check(_are_paths(arguments["data"]) and arguments["data"], "train names no recording")
        _check(seed is None or (type(seed) is int and 0 <= seed <= LARGEST_SEED), "train has no seed")
        _check(type(arguments.get("synthetic_only", False)) is bool, "train has no synthetic_only")
        _check(_is_search(arguments.get("search")), "train has no search")
    elif kind == "build":
        _check(_are_paths(arguments["replay"]), f"{name} has no list of recordings")
    for what, files in (("reads", inputs), ("makes", outputs)):
        _check(isinstance(files, dict), f"what {name} {what} is no table")
        for file, sha in files.items():
            _check(_is_path(file) and isinstance(sha, str) and HASH.fullmatch(sha), f"{name} {what} {file!r} unhashed")
    return Step(arguments, inputs, outputs)


def _check(fits: object, why: str) -> None:
    if not fits:
        raise _FormError(why)


def _is_search(value: object) -> bool:
    """None, or ["trials" or "seconds", so many]."""
    if value is None:
        return True
    if not isinstance(value, list) or len(value) != 2 or value[0] not in ("trials", "seconds"):
        return False
    return type(value[1]) is int and 0 < value[1] < 1 << 32


def _are_paths(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_path, value))


def _is_path(value: object) -> bool:
    """Text that the operating system takes as a path."""
    if not isinstance(value, str) or not value or "\0" in value:
        return False
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True
