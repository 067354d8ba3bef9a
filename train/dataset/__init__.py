"""What training sees of a recording: its judged windows, the examples made from them, and who may see which."""

from . import boundary, dataset, examples, split
from .dataset import Dataset, TrainingError, load
from .examples import Examples
from .following import SHORTEST_DAYS
from .parent_table import Table, table_of, weights
from .split import TEST, TRAIN, VALIDATION

__all__ = [
    "SHORTEST_DAYS",
    "TEST",
    "TRAIN",
    "VALIDATION",
    "Dataset",
    "Examples",
    "Table",
    "TrainingError",
    "boundary",
    "dataset",
    "examples",
    "load",
    "split",
    "table_of",
    "weights",
]
