"""What training sees of a recording: its judged windows, the examples made from them, and who may see which."""

from . import boundary, cache, dataset, examples, split
from .dataset import Dataset, TrainingError, load
from .examples import Examples
from .following import SHORTEST_DAYS
from .parent_table import LABELLED, Table, check_parts, table_of, weights
from .split import TEST, TRAIN, VALIDATION

__all__ = [
    "LABELLED",
    "SHORTEST_DAYS",
    "TEST",
    "TRAIN",
    "VALIDATION",
    "Dataset",
    "Examples",
    "Table",
    "TrainingError",
    "boundary",
    "cache",
    "check_parts",
    "dataset",
    "examples",
    "load",
    "split",
    "table_of",
    "weights",
]
