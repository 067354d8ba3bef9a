"""A Parquet recording in batches."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from ..policy import Policy
from .columns import Layout, RecordingError, layout_of
from .csv_file import reason_of

MAGIC = b"PAR1"


def is_parquet(path: Path) -> bool:
    """By its first bytes or its name."""
    with path.open("rb") as file:
        return file.read(4) == MAGIC or path.suffix == ".parquet"


def parquet_batches(policy: Policy, path: Path, rows: int) -> Iterator[tuple[Layout, dict[str, pa.Array]]]:
    """The columns asked for of a Parquet file, ``rows`` at a time."""
    with _said(path), pa.parquet.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False) as file:
        layout, faults = layout_of(policy, file.schema_arrow.names)
        if layout is None:
            where = (f"{path}: {column}: " if column else f"{path}: " for column, _ in faults)
            raise RecordingError(*(at + what for at, (_, what) in zip(where, faults, strict=True)))
        if not file.metadata.num_rows:
            raise RecordingError(f"{path}: holds no row; expected at least one")
        for batch in file.iter_batches(rows, columns=list(layout.columns)):
            yield layout, {column: batch.column(column) for column in layout.columns}


def column_names(path: Path) -> tuple[str, ...]:
    with _said(path):
        return tuple(pa.parquet.read_schema(path).names)


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """Arrow's refusals as RecordingError."""
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise RecordingError(f"{path}: is no Parquet ({reason_of(error)}); expected CSV or Parquet") from None
    except (pa.ArrowException, OSError) as error:
        if getattr(error, "errno", None) is not None:
            raise
        raise RecordingError(f"{path}: is damaged ({reason_of(error)}); expected CSV or Parquet") from None
