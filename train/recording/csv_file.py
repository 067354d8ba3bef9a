"""A CSV recording in batches; when Arrow refuses it, the line and column that it refused."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
from motegate.firmware.printable import printable

from ..policy import Policy
from ..table import quoted, shown
from .columns import Layout, RecordingError, layout_of, looks_like_time, wrong_cell

BLOCK = 1 << 20
"""Bytes that are in memory at a time, a few times over."""
LONGEST_REASON = 200
MISSING = [" " * n for n in range(9)] + ["nan", "NaN", "NAN", "Nan"]


@dataclass(frozen=True)
class Header:
    """The first row of a CSV: column names without the space around them, and how many lines it takes."""

    names: tuple[str, ...]
    lines: int


def read_header(path: Path) -> Header:
    """RecordingError for what is no CSV at all."""
    with path.open("rb") as file:
        start = file.read(1 << 16)
    if not start.strip(b"\xef\xbb\xbf \t\r\n"):
        raise RecordingError(f"{path}: is empty; expected a header and at least one row")
    if b"\0" in start:
        raise RecordingError(f"{path}:{_line(start, start.index(0))}: is binary; expected CSV or Parquet")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            cells = next(row for row in rows if row)
    except UnicodeDecodeError as error:
        place = _line(start, error.start)
        raise RecordingError(f"{path}:{place}: is not UTF-8 text; expected CSV in UTF-8 or Parquet") from None
    except (csv.Error, StopIteration):
        raise RecordingError(f"{path}:1: is no header; expected names separated by commas") from None
    if len(cells) == 1 and (found := re.search("[;\t|]", cells[0])):
        raise RecordingError(f"{path}:1: columns are separated by {found[0]!r}; expected commas")
    return Header(tuple(cell.strip() for cell in cells), rows.line_num)


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def csv_batches(policy: Policy, path: Path) -> Iterator[tuple[Layout, dict[str, pa.Array]]]:
    """The columns asked for of a CSV, batch by batch."""
    header = read_header(path)
    layout, faults = layout_of(policy, header.names)
    if layout is None:
        raise RecordingError(*(header_fault(path, header, column, what) for column, what in faults))
    # Columns go by their place: names may repeat among those that nobody asked for
    places = {column: str(header.names.index(column)) for column in layout.columns}
    options = {
        "read_options": pa.csv.ReadOptions(
            block_size=BLOCK, column_names=[str(i) for i in range(len(header.names))], skip_rows=header.lines
        ),
        "parse_options": pa.csv.ParseOptions(newlines_in_values=True),
        "convert_options": pa.csv.ConvertOptions(
            include_columns=list(places.values()),
            column_types={place: layout.arrow_type(column) for column, place in places.items()},
            null_values=MISSING,
            strings_can_be_null=True,
        ),
    }
    rows = 0
    try:
        with pa.csv.open_csv(path, **options) as reader:
            for batch in reader:
                rows += batch.num_rows
                yield layout, {column: batch.column(place) for column, place in places.items()}
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error) and "file is too short" not in str(error):
            raise refused(policy, path, str(error), rows) from None
    if not rows:
        raise RecordingError(f"{path}:{header.lines}: is a header without a row; expected at least one")


def reason_of(error: object) -> str:
    """Arrow's reason in a line of bounded length: it may quote a whole row."""
    return printable(str(error).strip().partition("\n")[0], LONGEST_REASON)


def header_fault(path: Path, header: Header, column: str, what: str) -> str:
    """The line for a column that is not as it should be; where time is missing (""), with the one to rename."""
    if column == "":
        if looks_like_time({name: name for name in header.names}):
            return f"{path}:{header.lines}: is a row, not a header; expected the columns' names above it"
        with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
            rows = csv.reader(file)
            first = next((row for row in rows if row and rows.line_num > header.lines), [])
        found = looks_like_time(dict(zip(header.names, first, strict=False)))
        if found:
            return f"{path}:{header.lines}: {what}: rename {quoted(found)} to timestamp"
    return f"{path}:{header.lines}: {column}: {what}" if column else f"{path}:{header.lines}: {what}"


def refused(policy: Policy, path: Path, reason: str, good: int) -> RecordingError:
    """The error of the first cell or row that breaks a rule, with its line; ``reason`` where none is found.

    The first ``good`` rows are known to keep the rules.
    """
    header = read_header(path)
    layout, _ = layout_of(policy, header.names)
    assert layout is not None, "it was read with this header"
    places = [(column, header.names.index(column)) for column in layout.columns]
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        rows = csv.reader(file)
        line = 1
        try:
            for row in rows:
                if row and rows.line_num > header.lines:
                    if len(row) != len(header.names):
                        return RecordingError(
                            f"{path}:{line}: has {len(row)} cells; expected {len(header.names)} as in the header"
                        )
                    good -= 1
                    for column, place in places if good < 0 else ():
                        allowed = wrong_cell(column, row[place].strip(), column in layout.channels)
                        if allowed:
                            return RecordingError(
                                f"{path}:{line}: {column}: {shown(row[place])} is not allowed; {allowed}"
                            )
                line = rows.line_num + 1
        except csv.Error:
            reason = "a quote is not closed"
    return RecordingError(f"{path}:{line}: is no CSV ({reason_of(reason)}); expected rows of cells separated by commas")
