"""A first look at a recording that no policy speaks of yet: what each column holds, how far apart the rows are."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from ..recording import (
    BLOCK,
    MISSING,
    NO_TIME,
    FaultError,
    Header,
    RecordingError,
    header_fault,
    is_parquet,
    numbers,
    read_header,
    reason_of,
    stamps_ms,
    t_ms,
)
from ..table import quoted

SAMPLE = 200_000
"""Values kept of a column; of a longer one every second, fourth ... is."""


@dataclass
class Column:
    """What one column holds. ``sample``: float64, finite values spread over the whole recording."""

    name: str
    rows: int = 0
    missing: int = 0
    low: float = math.inf
    high: float = -math.inf
    text: str | None = None  # a cell that is no number
    _kept: list[np.ndarray] = field(default_factory=list)
    stride: int = 1  # rows from one of the sample to the next

    def add(self, cells: pa.Array) -> None:
        if self.text is not None:
            return
        if pa.types.is_string(cells.type):
            cells = pc.utf8_trim_whitespace(cells)
            cells = pc.if_else(pc.is_in(pc.utf8_lower(cells), pa.array(["", "nan"])), None, cells)
            try:
                values = cells.cast(pa.float64()).to_numpy(zero_copy_only=False)
            except pa.ArrowInvalid:
                self.text = next(filter(None, map(_no_number, cells.to_pylist())), "")
                return
        else:
            try:
                values = numbers(cells, self.name)
            except FaultError:
                self.text = str(cells.type)
                return
        finite = values[np.isfinite(values)]
        self.rows += len(values)
        self.missing += int(np.isnan(values).sum())
        if len(finite):
            self.low, self.high = min(self.low, float(finite.min())), max(self.high, float(finite.max()))
            self._kept.append(finite[:: self.stride])
            if sum(map(len, self._kept)) > 2 * SAMPLE:
                self._kept = [np.concatenate(self._kept)[::2]]
                self.stride *= 2

    @property
    def sample(self) -> np.ndarray:
        return np.concatenate(self._kept) if self._kept else np.empty(0)

    @property
    def step(self) -> float:
        """The smallest step between values that is common: the 5 % quantile of the gaps between distinct ones."""
        distinct = np.unique(self.sample)
        gaps = np.diff(distinct)
        gaps = gaps[gaps > 1e-9 * max(abs(self.low), abs(self.high))]
        return float(np.quantile(gaps, 0.05)) if len(gaps) else 0.0

    @property
    def usual(self) -> tuple[float, float]:
        """The extremes without values that stand far off (codes such as -9999): 3 widths beyond 98 % of all."""
        low, high = np.quantile(self.sample, [0.01, 0.99])
        width = high - low or self.high - self.low
        near = self.sample[(self.sample >= low - 3 * width) & (self.sample <= high + 3 * width)]
        return float(near.min()), float(near.max())

    @property
    def counts_up(self) -> bool:
        """Whether it only numbers the rows."""
        steps = np.diff(self.sample[:SAMPLE])
        return len(steps) > 1 and steps[0] != 0 and bool((steps == steps[0]).all())


@dataclass(frozen=True)
class Survey:
    """``columns``: all but time, in the file's order; ``step_ms``: the median of the steps between rows."""

    path: Path
    rows: int
    step_ms: float
    columns: tuple[Column, ...]
    repeated: frozenset[str]  # names that more than one column has


def survey(path: str | Path) -> Survey:
    """Reads the whole recording once, in bounded memory; RecordingError where it has no time."""
    path = Path(path)
    try:
        names, batches = _parquet(path) if is_parquet(path) else _csv(path)
        return _survey(path, names, batches)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror}); expected a recording") from None
    except pa.ArrowInvalid as error:
        raise RecordingError(f"{path}: cannot be read ({reason_of(error)}); expected a recording") from None


def _survey(path: Path, names: list[str], batches: Iterator[pa.RecordBatch]) -> Survey:
    time = "timestamp" if "timestamp" in names else "t_ms"
    place = names.index(time)
    columns = {i: Column(name) for i, name in enumerate(names) if i != place}
    steps: list[np.ndarray] = []
    rows, last = 0, np.empty(0, np.int64)
    for batch in batches:
        cells = batch.column(place)
        try:
            ms = stamps_ms(cells) if time == "timestamp" else t_ms(_whole(cells))
        except FaultError as fault:
            raise RecordingError(f"{path}: {time}, after row {rows}: {fault.allowed}") from None
        if rows < 5 * SAMPLE:
            steps.append(np.diff(np.concatenate([last, ms])))
        last = ms[-1:] if len(ms) else last
        rows += len(ms)
        for i, column in columns.items():
            column.add(batch.column(i))
    forward = np.concatenate(steps) if steps else np.empty(0)
    forward = forward[forward > 0]
    if not len(forward):
        raise RecordingError(f"{path}: {time}: does not advance; expected rows at least a millisecond apart")
    repeated = frozenset(name for name in names if names.count(name) > 1)
    return Survey(path, rows, float(np.median(forward)), tuple(columns.values()), repeated)


def _csv(path: Path) -> tuple[list[str], Iterator[pa.RecordBatch]]:
    header: Header = read_header(path)
    names = list(header.names)
    if "timestamp" not in names and "t_ms" not in names:
        raise RecordingError(header_fault(path, header, "", NO_TIME))
    labels = [str(i) for i in range(len(names))]
    reader = pa.csv.open_csv(
        path,
        read_options=pa.csv.ReadOptions(block_size=BLOCK, column_names=labels, skip_rows=header.lines),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(labels, pa.string()), check_utf8=False),
    )
    return names, reader


def _parquet(path: Path) -> tuple[list[str], Iterator[pa.RecordBatch]]:
    file = pa.parquet.ParquetFile(path, pre_buffer=False)
    names = file.schema_arrow.names
    if "timestamp" not in names and "t_ms" not in names:
        raise RecordingError(f"{path}: {NO_TIME}")
    return names, file.iter_batches()


def _whole(cells: pa.Array) -> pa.Array:
    if not pa.types.is_string(cells.type):
        return cells
    try:
        return pc.if_else(pc.is_in(cells, pa.array(MISSING)), None, cells).cast(pa.float64())
    except pa.ArrowInvalid:
        raise FaultError("t_ms", None, "expected whole milliseconds") from None


def _no_number(cell: str | None) -> str | None:
    if cell is None:
        return None
    try:
        pa.scalar(cell).cast(pa.float64())
    except pa.ArrowInvalid:
        return quoted(cell[:20])
    return None
