"""What a person does while the virtual board judges: labels of windows and orders, made ready for the runner.

The file is int32 rows of ORDER_SIZE, by time: seconds since 2020 and milliseconds, what it is, of which classifier and
how good, and after how many windows it comes (board/orders.py reads them).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.errors import InputError
from motegate.train.policy import Plan
from motegate.train.recording import read_labels, stamp_ms

from .board.orders import ADAPT, LABEL, ROLLBACK

KINDS = {"adapt": ADAPT, "rollback": ROLLBACK}


@dataclass(frozen=True)
class Order:
    """At ``ms``, milliseconds since 1970: ``kind`` (board/orders.py); of a label the classifier and whether it says
    good, and after how many windows it comes."""

    ms: int
    kind: int
    of: int = 0
    good: int = 0
    delay: int = 0


def labels_of(path: Path, plan: Plan) -> list[Order]:
    """Those in a CSV (motegate.train.recording). InputError: which line is wrong, and what is allowed."""
    labels = read_labels(path, [parent.name for parent in plan.classifiers])
    return [Order(label.ms, LABEL, label.of, label.good, label.delay) for label in labels]


def read_order(text: str) -> Order:
    """``adapt@TIME`` or ``rollback@TIME``.

    >>> read_order("adapt@2026-03-01T12:00:00").kind == ADAPT
    True
    """
    kind, _, when = text.partition("@")
    if kind not in KINDS or not when:
        raise InputError(f"--order {text}: expected {' or '.join(f'{kind}@TIME' for kind in KINDS)}")
    return Order(stamp_ms(f"--order {text}", when), KINDS[kind])


def write(orders: Iterable[Order], path: Path) -> Path:
    """The runner's file."""
    rows = [
        (*divmod(order.ms - EPOCH_S * 1000, 1000), order.kind, order.of << 1 | order.good, order.delay)
        for order in sorted(orders, key=lambda order: order.ms)
    ]
    path.write_bytes(np.array(rows, "<i4").tobytes())
    return path
