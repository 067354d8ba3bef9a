"""Which columns of a recording mean what, and their cells as arrays.

A column is taken as Arrow gives it: from CSV as float64, int64 or text, from Parquet as it was stored.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.device.layout import MISSING_STATUS
from motegate.firmware.errors import InputError
from motegate.firmware.printable import printable

from ..policy import Policy
from ..table import nearest

UNIX_MS = 100_000_000_000
"""``t_ms`` of this size or more counts from 1970, less from 2020: a device without a clock starts at 0."""
EARLIEST_S, LATEST_S = -EPOCH_S, 1_072_915_199
"""1970 (a clock that was never set) to the end of 2053 (what a small int of a 32-bit port holds)."""
UTC = pa.timestamp("ns", "UTC")
LARGEST_STATUS = (1 << 30) - 1
SEQ_MASK = (1 << 30) - 1

NUMBER = "expected a number, an empty cell or nan"
STAMP = "expected ISO 8601 as 2020-01-31T12:00:00.000Z"
T_MS = "expected whole milliseconds since 1970, or since 2020 when below 1e11"
NO_TIME = "no time column; expected timestamp (ISO 8601) or t_ms (milliseconds)"
WHOLE = "expected a whole number or an empty cell"
COUNTING = "expected a whole number from 0, or an empty cell"
BOUNDED = f"expected -{LARGEST_STATUS} to {LARGEST_STATUS}"
FLAG = "expected 0 or 1"
YEARS = "expected 1970 to 2053"


class RecordingError(InputError):
    """The recording is wrong: file, line, column, and what is allowed.

    A cell, a column's name or Arrow's words on them may hold anything: what a terminal would obey is escaped.
    """

    def __init__(self, *lines: str):
        super().__init__(*map(printable, lines))


class FaultError(ValueError):
    """A cell that means nothing: its column, its row in the batch (None: somewhere), what is allowed."""

    def __init__(self, column: str, row: int | None, allowed: str):
        super().__init__(column, row, allowed)
        self.column, self.row, self.allowed = column, row, allowed


@dataclass(frozen=True)
class Layout:
    """The columns of one file that a policy asks for, by name."""

    time: str  # "timestamp" or "t_ms"
    channels: tuple[str, ...]
    seq: bool
    status: tuple[str, ...]  # fields, without "status."
    fails: tuple[str, ...]  # parents, without "fail."

    @property
    def columns(self) -> tuple[str, ...]:
        labelled = [f"fail.{name}" for name in self.fails]
        return (self.time, *self.channels, *["seq"] * self.seq, *(f"status.{name}" for name in self.status), *labelled)

    def arrow_type(self, column: str) -> pa.DataType:
        """What a CSV's cells are read as; some tools write whole numbers with gaps as 12.0."""
        return pa.string() if column == "timestamp" else pa.float64()


def layout_of(policy: Policy, header: Sequence[str]) -> tuple[Layout | None, list[tuple[str, str]]]:
    """The layout of a file with these columns, and its faults as (column, what is wrong and what is allowed)."""
    faults = []
    time = next((name for name in ("timestamp", "t_ms") if name in header), None)
    if time is None:
        faults.append(("", NO_TIME))
    for channel in policy.channels:
        if channel.name not in header:
            faults.append((channel.name, f"no such column, a channel of the policy; {nearest(channel.name, header)}"))
    layout = Layout(
        time or "",
        tuple(channel.name for channel in policy.channels),
        "seq" in header,
        tuple(field.name for field in policy.status if f"status.{field.name}" in header),
        tuple(parent.name for parent in policy.parents if f"fail.{parent.name}" in header),
    )
    for column in layout.columns:
        if list(header).count(column) > 1:
            faults.append((column, "more than one column of this name; expected one"))
    return (None if faults else layout), faults


def stamps_ms(column: pa.Array) -> np.ndarray:
    """ISO 8601 text or Arrow timestamps -> int64[n] Unix milliseconds; without an offset they are UTC.

    >>> stamps_ms(pa.array(["2020-01-01T01:00:00.25+01:00", "2020-01-01 00:00"])).tolist()
    [1577836800250, 1577836800000]
    """
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = _parsed(pc.utf8_trim_whitespace(column))
    if not pa.types.is_timestamp(column.type) and not pa.types.is_date(column.type):
        raise FaultError("timestamp", None, STAMP)
    if column.null_count:
        raise FaultError("timestamp", _first(column.is_null()), STAMP)
    kind = pa.timestamp("ns", getattr(column.type, "tz", None))
    try:
        return np.floor_divide(column.cast(kind).cast(pa.int64()).to_numpy(), 1_000_000)
    except pa.ArrowInvalid:
        raise FaultError("timestamp", None, YEARS) from None


def _parsed(text: pa.Array) -> pa.Array:
    """Timestamps: none, all or some of the cells with an offset (Z, +01, +0100 or +01:00)."""
    for kind in (pa.timestamp("ns"), UTC):
        try:
            return text.cast(kind)
        except pa.ArrowInvalid:
            continue
    whole = pc.replace_substring_regex(text, r"^(\d{4}-\d\d-\d\d)$", r"\1T00:00")
    whole = pc.replace_substring_regex(whole, r"^(.*[T ][0-9:.]+)$", r"\1Z")
    try:
        return whole.cast(UTC)
    except pa.ArrowInvalid:
        raise FaultError("timestamp", None, STAMP) from None


def seconds_millis(ms: np.ndarray, column: str) -> tuple[np.ndarray, np.ndarray]:
    """int64[n] Unix milliseconds -> int32[n] seconds since 2020-01-01 UTC, int16[n] milliseconds 0..999."""
    seconds = np.floor_divide(ms, 1000) - EPOCH_S
    outside = (seconds < EARLIEST_S) | (seconds > LATEST_S)
    if outside.any():
        raise FaultError(column, int(outside.argmax()), YEARS)
    return seconds.astype(np.int32), (ms - (seconds + EPOCH_S) * 1000).astype(np.int16)


def t_ms(column: pa.Array) -> np.ndarray:
    """int64[n] Unix milliseconds of a ``t_ms`` column."""
    ms = _whole(column, "t_ms", T_MS)
    if column.null_count:
        raise FaultError("t_ms", _first(column.is_null()), T_MS)
    return np.where(np.abs(ms) < UNIX_MS, ms + EPOCH_S * 1000, ms)


def numbers(column: pa.Array, name: str) -> np.ndarray:
    """float64[n]; a missing cell is NaN."""
    if not _is_numeric(column.type):
        raise FaultError(name, None, NUMBER)
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)


def sequence(column: pa.Array) -> np.ndarray:
    """int32[n]: the number's low 30 bits, -1 where there is none."""
    seqs = _whole(column, "seq", WHOLE, missing=-1)
    present = column.is_valid().to_numpy(zero_copy_only=False)
    if (negative := present & (seqs < 0)).any():
        raise FaultError("seq", int(negative.argmax()), COUNTING)
    return np.where(seqs < 0, -1, seqs & SEQ_MASK).astype(np.int32)


def status(column: pa.Array, name: str) -> np.ndarray:
    """int32[n] of a status field; a missing cell is -2**30."""
    values = _whole(column, name, WHOLE, missing=MISSING_STATUS)
    outside = (values < MISSING_STATUS) | (values > LARGEST_STATUS)
    outside |= (values == MISSING_STATUS) & column.is_valid().to_numpy(zero_copy_only=False)
    if outside.any():
        raise FaultError(name, int(outside.argmax()), BOUNDED)
    return values.astype(np.int32)


def flags(column: pa.Array, name: str) -> np.ndarray:
    """bool[n] of a ``fail.<parent>`` column; an empty cell is no failure."""
    values = np.nan_to_num(numbers(column, name))
    wrong = (values != 0) & (values != 1)
    if wrong.any():
        raise FaultError(name, int(wrong.argmax()), FLAG)
    return values != 0


def _is_numeric(kind: pa.DataType) -> bool:
    types = pa.types
    return any(
        is_kind(kind)
        for is_kind in (types.is_integer, types.is_floating, types.is_decimal, types.is_null, types.is_boolean)
    )


def _whole(column: pa.Array, name: str, allowed: str, missing: int = 0) -> np.ndarray:
    """int64[n] of whole numbers, stored as integers or as floats (which is how some tools keep gaps)."""
    if not _is_numeric(column.type) or pa.types.is_boolean(column.type):
        raise FaultError(name, None, allowed)
    try:
        return column.cast(pa.int64()).fill_null(missing).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        fraction = values != np.floor(values)
        raise FaultError(name, int(fraction.argmax()) if fraction.any() else None, allowed) from None


def _first(mask: pa.Array) -> int:
    return int(np.argmax(mask.to_numpy(zero_copy_only=False)))


def looks_like_time(cells: Mapping[str, str]) -> str | None:
    """The first column whose cell is ISO 8601 text.

    >>> looks_like_time({"value": "3.5", "When": "2020-01-31 12:00"})
    'When'
    """
    for name, cell in cells.items():
        if wrong_cell("timestamp", cell.strip(), number=False) is None:
            return name
    return None


def wrong_cell(column: str, cell: str, number: bool) -> str | None:
    """What is allowed where a CSV's cell, without the space around it, breaks the rules of its column.

    The same rules as the arrays', one cell at a time: slow, to find the line to name. ``number``: a channel.
    """
    if column == "timestamp" and not number:
        return _wrong_stamp(cell)
    if cell == "" or cell.lower() == "nan":
        return T_MS if column == "t_ms" and not number else None
    if not re.fullmatch(r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf(inity)?|nan)", cell, re.IGNORECASE):
        return NUMBER if number else FLAG if column.startswith("fail.") else T_MS if column == "t_ms" else WHOLE
    return None if number else _wrong_whole(column, float(cell))


def _wrong_whole(column: str, value: float) -> str | None:
    if column.startswith("fail."):
        return None if value in (0, 1) else FLAG
    if not math.isfinite(value) or value != math.floor(value):
        return T_MS if column == "t_ms" else WHOLE
    if column == "t_ms":
        seconds = value / 1000 if abs(value) < UNIX_MS else value / 1000 - EPOCH_S
        return None if EARLIEST_S <= seconds < LATEST_S + 1 else YEARS
    if column == "seq":
        return None if value >= 0 else COUNTING
    return None if abs(value) <= LARGEST_STATUS else BOUNDED


def _wrong_stamp(cell: str) -> str | None:
    time = r"\d\d(:\d\d(:\d\d(\.\d{1,9})?)?)?(Z|[+-]\d\d(:?\d\d)?)?"
    if not re.fullmatch(rf"\d{{4}}-\d\d-\d\d([T ]{time})?", cell):
        return STAMP
    try:
        seconds_millis(stamps_ms(pa.array([cell])), "timestamp")
    except FaultError as fault:
        return fault.allowed
    return None
