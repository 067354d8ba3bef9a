"""What a person says of windows: a CSV with columns ``timestamp`` (of a window's newest record), ``parent``, ``label``
(good or bad), and optional ``delay``, in windows, after which it comes."""

import csv
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from motegate.firmware.errors import InputError

from .columns import FaultError, stamps_ms

COLUMNS = ("timestamp", "parent", "label")
WORDS = {"good": 1, "bad": 0}
USUAL_DELAY, MOST_DELAY = 16, 10_000


@dataclass(frozen=True)
class Label:
    """Of the window whose newest record is of ``ms``, milliseconds since 1970: a classifier's number, whether it is
    good, and after how many windows it comes."""

    ms: int
    of: int
    good: int
    delay: int = USUAL_DELAY


def read_labels(path: Path, parents: list[str]) -> list[Label]:
    """The labels in a file; ``parents``: the classifiers' names. InputError: which line is wrong, what is allowed."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{path}: no column {missing[0]}; expected {', '.join(COLUMNS)} and optional delay")
            return [_label(f"{path}:{reader.line_num}", row, parents) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def _label(where: str, row: dict, parents: list[str]) -> Label:
    ms = stamp_ms(where, row["timestamp"] or "")
    if row["parent"] not in parents:
        raise InputError(f"{where}: parent {row['parent']!r}; expected {' or '.join(parents)}")
    if row["label"] not in WORDS:
        raise InputError(f"{where}: label {row['label']!r}; expected good or bad")
    delay = (row.get("delay") or "").strip()
    if delay and not (delay.isdecimal() and int(delay) <= MOST_DELAY):
        raise InputError(f"{where}: delay {delay!r}; expected a whole number of windows, 0 to {MOST_DELAY}")
    return Label(ms, parents.index(row["parent"]), WORDS[row["label"]], int(delay or USUAL_DELAY))


def stamp_ms(where: str, text: str) -> int:
    """Milliseconds since 1970 of a time as recordings write it."""
    try:
        return int(stamps_ms(pa.array([text]))[0])
    except (FaultError, ValueError, pa.ArrowInvalid):
        raise InputError(f"{where}: {text!r} is no time; expected ISO 8601, as in 2026-03-01T12:00:00Z") from None
