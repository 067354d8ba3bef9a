"""Recordings: CSV or Parquet in, integers out."""

from .columns import NO_TIME, FaultError, RecordingError, numbers, stamps_ms, t_ms
from .csv_file import BLOCK, MISSING, Header, header_fault, read_header, reason_of
from .labels import Label, read_labels, stamp_ms
from .parquet import is_parquet
from .records import Records, chunks, labels_of_nobody, names_of, read, write_replay

__all__ = [
    "BLOCK",
    "MISSING",
    "NO_TIME",
    "FaultError",
    "Header",
    "Label",
    "RecordingError",
    "Records",
    "chunks",
    "header_fault",
    "is_parquet",
    "labels_of_nobody",
    "names_of",
    "numbers",
    "read",
    "read_header",
    "read_labels",
    "reason_of",
    "stamp_ms",
    "stamps_ms",
    "t_ms",
    "write_replay",
]
