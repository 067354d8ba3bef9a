"""What a person does while the virtual board judges: labels of windows and orders, made ready for the runner.

The file is int32 rows of ORDER_SIZE, by time: seconds since 2020 and milliseconds, what it is, of which classifier and
how good, and after how many windows it comes (board/orders.py reads them).
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.errors import InputError
from motegate.train.policy import Plan
from motegate.train.recording import FaultError, stamps_ms

from .board.orders import ADAPT, LABEL, ROLLBACK

COLUMNS = ("timestamp", "parent", "label")
WORDS = {"good": 1, "bad": 0}
KINDS = {"adapt": ADAPT, "rollback": ROLLBACK}
USUAL_DELAY, MOST_DELAY = 16, 10_000


@dataclass(frozen=True)
class Order:
    """At ``ms``, milliseconds since 1970: ``kind`` (board/orders.py); of a label the classifier and whether it says
    good, and after how many windows it comes."""

    ms: int
    kind: int
    of: int = 0
    good: int = 0
    delay: int = 0


def read_labels(path: Path, plan: Plan) -> list[Order]:
    """The labels in a CSV: ``timestamp`` of a window's newest record, ``parent``, ``label`` good or bad, and optional
    ``delay``, in windows. InputError: which line is wrong, and what is allowed."""
    parents = [parent.name for parent in plan.classifiers]
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{path}: no column {missing[0]}; expected {', '.join(COLUMNS)} and optional delay")
            return [_label(f"{path}:{reader.line_num}", row, parents) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def _label(where: str, row: dict, parents: list[str]) -> Order:
    ms = stamp(where, row["timestamp"] or "")
    if row["parent"] not in parents:
        raise InputError(f"{where}: parent {row['parent']!r}; expected {' or '.join(parents)}")
    if row["label"] not in WORDS:
        raise InputError(f"{where}: label {row['label']!r}; expected good or bad")
    delay = (row.get("delay") or "").strip()
    if delay and not (delay.isdecimal() and int(delay) <= MOST_DELAY):
        raise InputError(f"{where}: delay {delay!r}; expected a whole number of windows, 0 to {MOST_DELAY}")
    return Order(ms, LABEL, parents.index(row["parent"]), WORDS[row["label"]], int(delay or USUAL_DELAY))


def read_order(text: str) -> Order:
    """``adapt@TIME`` or ``rollback@TIME``.

    >>> read_order("adapt@2026-03-01T12:00:00").kind == ADAPT
    True
    """
    kind, _, when = text.partition("@")
    if kind not in KINDS or not when:
        raise InputError(f"--order {text}: expected {' or '.join(f'{kind}@TIME' for kind in KINDS)}")
    return Order(stamp(f"--order {text}", when), KINDS[kind])


def stamp(where: str, text: str) -> int:
    """Milliseconds since 1970 of a time as recordings write it."""
    try:
        return int(stamps_ms(pa.array([text]))[0])
    except (FaultError, ValueError, pa.ArrowInvalid):
        raise InputError(f"{where}: {text!r} is no time; expected ISO 8601, as in 2026-03-01T12:00:00Z") from None


def write(orders: Iterable[Order], path: Path) -> Path:
    """The runner's file."""
    rows = [
        (*divmod(order.ms - EPOCH_S * 1000, 1000), order.kind, order.of << 1 | order.good, order.delay)
        for order in sorted(orders, key=lambda order: order.ms)
    ]
    path.write_bytes(np.array(rows, "<i4").tobytes())
    return path
