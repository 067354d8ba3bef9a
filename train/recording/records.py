"""Recordings: CSV or Parquet in, integers out, in the file's order and in bounded memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pyarrow as pa
from motegate.firmware.printable import printable

from ..policy import Policy
from ..table import LONGEST, nearest
from . import columns as cells
from .columns import FaultError, Layout, RecordingError
from .csv_file import csv_batches, read_header, refused
from .parquet import column_names, is_parquet, parquet_batches

__all__ = ["RecordingError", "Records", "chunks", "labels_of_nobody", "names_of", "read", "write_replay"]

Paths = str | Path | Iterable[str | Path]


@dataclass(frozen=True)
class Records:
    """Rows of a recording: C channels, F status fields, in the policy's order."""

    counts: np.ndarray  # int16[n, C]; -32768: missing
    seconds: np.ndarray  # int32[n] since 2020-01-01 UTC
    millis: np.ndarray  # int16[n], 0..999
    seqs: np.ndarray  # int32[n], 30 bits; -1: none
    status: np.ndarray  # int32[n, F]; -2**30: missing
    fails: dict[str, np.ndarray]  # bool[n] for each parent with a fail.<parent> column

    def __len__(self) -> int:
        return len(self.seconds)


def chunks(policy: Policy, paths: Paths, rows: int = 65_536) -> Iterator[Records]:
    """The records of the files one after the other, at most ``rows`` at a time; RecordingError says what is wrong.

    A file's first rows may be handed on before a later one is refused.
    """
    for path in _listed(paths):
        offset = 0
        for layout, columns in _batches(policy, path, rows):
            try:
                records = _records(policy, layout, columns)
            except FaultError as fault:
                raise _fault(policy, path, layout, columns, offset, fault) from None
            offset += len(records)
            for start in range(0, len(records), rows):
                yield _part(records, slice(start, start + rows))


def read(policy: Policy, paths: Paths) -> Records:
    """All the records of the files; a parent without labels in one of several files did not fail there."""
    parts = list(chunks(policy, paths))
    whole = {}
    for field in fields(Records):
        if field.name != "fails":
            whole[field.name] = np.concatenate([getattr(part, field.name) for part in parts])
    labelled = [p.name for p in policy.parents if any(p.name in part.fails for part in parts)]
    whole["fails"] = {
        name: np.concatenate([part.fails.get(name, np.zeros(len(part), bool)) for part in parts]) for name in labelled
    }
    return Records(**whole)


def write_replay(policy: Policy, paths: Paths, out: Path) -> int:
    """Writes the file that the device's replay sensor reads; returns how many records it holds.

    A header of 16 bytes: ``MGR1``, uint16 C, uint16 F, uint32 records, uint32 0. Then for each record, little-endian:
    int32 seconds, int16 millis, int16 counts[C], int16 0 when C is even, int32 seq, int32 status[F].
    """
    n_channels, n_status = len(policy.channels), len(policy.status)
    layout = [("seconds", "<i4"), ("millis", "<i2"), ("counts", "<i2", (n_channels,))]
    if n_channels % 2 == 0:
        layout.append(("pad", "<i2"))
    layout += [("seq", "<i4"), ("status", "<i4", (n_status,))]
    written = 0
    with Path(out).open("wb") as file:
        file.write(bytes(16))
        for records in chunks(policy, paths):
            block = np.zeros(len(records), layout)
            block["seconds"], block["millis"], block["counts"] = records.seconds, records.millis, records.counts
            block["seq"], block["status"] = records.seqs, records.status
            file.write(block.tobytes())
            written += len(records)
        file.seek(0)
        file.write(
            b"MGR1" + np.array([n_channels, n_status], "<u2").tobytes() + np.array([written, 0], "<u4").tobytes()
        )
    return written


def names_of(path: Path) -> tuple[str, ...]:
    """The columns of a recording."""
    return column_names(path) if is_parquet(path) else read_header(path).names


def labels_of_nobody(policy: Policy, paths: Paths) -> dict[str, str]:
    """The columns ``fail.X`` of a recording whose X is no parent, and what to say of each."""
    parents = [parent.name for parent in policy.parents]
    labels = dict.fromkeys(name for path in _listed(paths) for name in names_of(path) if name.startswith("fail."))
    names = {label: label.removeprefix("fail.") for label in labels}
    return {
        printable(label, LONGEST): f"is no parent's and is ignored; {nearest(name, parents)}"
        for label, name in names.items()
        if name not in parents
    }


def _listed(paths: Paths) -> list[Path]:
    return [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]


def _batches(policy: Policy, path: Path, rows: int) -> Iterator[tuple[Layout, dict[str, pa.Array]]]:
    try:
        yield from parquet_batches(policy, path, rows) if is_parquet(path) else csv_batches(policy, path)
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise RecordingError(f"{path}: cannot be read ({reason}); expected a CSV or Parquet file") from None


def _records(policy: Policy, layout: Layout, columns: dict[str, pa.Array]) -> Records:
    time = columns[layout.time]
    ms = cells.stamps_ms(time) if layout.time == "timestamp" else cells.t_ms(time)
    seconds, millis = cells.seconds_millis(ms, layout.time)
    n = len(seconds)
    counts = np.empty((n, len(policy.channels)), np.int16)
    for i, channel in enumerate(policy.channels):
        counts[:, i] = channel.count(cells.numbers(columns[channel.name], channel.name))
    status = np.full((n, len(policy.status)), cells.MISSING_STATUS, np.int32)
    for i, field in enumerate(policy.status):
        if field.name in layout.status:
            name = f"status.{field.name}"
            status[:, i] = cells.status(columns[name], name)
    seqs = cells.sequence(columns["seq"]) if layout.seq else np.full(n, -1, np.int32)
    fails = {name: cells.flags(columns[f"fail.{name}"], f"fail.{name}") for name in layout.fails}
    return Records(counts, seconds, millis, seqs, status, fails)


def _part(records: Records, rows: slice) -> Records:
    fails = {name: flags[rows] for name, flags in records.fails.items()}
    arrays = {field.name: getattr(records, field.name)[rows] for field in fields(Records) if field.name != "fails"}
    return Records(**arrays, fails=fails)


def _fault(
    policy: Policy, path: Path, layout: Layout, columns: dict[str, pa.Array], offset: int, fault: FaultError
) -> RecordingError:
    if not is_parquet(path):
        return refused(policy, path, f"{fault.column}: {fault.allowed}", offset)
    column, row = columns[fault.column], fault.row
    if row is None and pa.types.is_string(column.type) and fault.column == "timestamp":
        row = next((i for i, cell in enumerate(column) if cells.wrong_cell("timestamp", str(cell), number=False)), None)
    if row is None:
        return RecordingError(f"{path}: {fault.column}: holds {column.type}; {fault.allowed}")
    cell = printable(str(column[row]), LONGEST)
    return RecordingError(f"{path}: row {offset + row + 1}: {fault.column}: {cell} is not allowed; {fault.allowed}")
