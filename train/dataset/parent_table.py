"""What one parent learns from: the windows that say something about it, as features_<parent>.npz has them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .. import faults, intervals, metrics
from ..features import Scaling
from ..policy import Parent
from . import split
from .dataset import Dataset, TrainingError
from .examples import Examples

LABELLED = 2.0  # weight of all labelled failures together, against 1 for a kind of fault
BENIGN = 0.3  # of the good windows' weight


@dataclass(frozen=True)
class Table:
    """x int8[n, k]; fail, clean bool[n]; part uint8[n] (split.py); kind str[n] and severity float[n] as in examples.py;
    values int16[n, k]: the dimensions behind x; row int64[n]: the dataset's row that each was made from.
    """

    x: np.ndarray
    fail: np.ndarray
    clean: np.ndarray
    part: np.ndarray
    kind: np.ndarray
    severity: np.ndarray
    values: np.ndarray
    row: np.ndarray

    def rows(self, chosen: np.ndarray) -> "Table":
        return Table(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def with_columns(self, kept: Sequence[int]) -> "Table":
        """The same windows with some of the dimensions."""
        return replace(self, x=self.x[:, list(kept)], values=self.values[:, list(kept)])

    def scored(self, scores: np.ndarray, overlap: int = 0) -> metrics.Scored:
        """With ``overlap``, of so many windows in a row that share samples, their blocks in time, too."""
        found = metrics.Scored(scores, self.fail, self.clean, self.kind, self.severity)
        if not overlap:
            return found
        length = intervals.block_length(int(np.ptp(self.row)) + 1, overlap)
        return replace(found, block=self.row // length, overlap=overlap)


def table_of(
    dataset: Dataset, parent: str, everything: list[Examples], scaling: Scaling, cares: set[str] | None = None
) -> Table:
    """The windows that say something about a parent; ``cares``: dimensions whose faults fail it (None: all of its own).

    Left out: failures of another parent (no failure of this one, and no good window either), those that this parent
    has only through a parent below it, and recorded windows that are labelled or hold too little.
    """
    entry = dataset.plan.parent(parent)
    columns = np.array(entry.columns)
    parts = []
    for part, found in enumerate(everything):
        recorded = found.kind == ""
        labelled = np.zeros(len(found), bool)
        if parent in dataset.fails and not dataset.policy.synthetic_only:
            labelled = recorded & dataset.fails[parent][found.row]
            for child in dataset.plan.below(entry) & set(dataset.fails):
                labelled &= ~dataset.fails[child][found.row]
        clean = recorded & dataset.clean[found.row]
        benign = np.char.startswith(found.kind, "benign:")
        own = (_own(dataset, entry, found.cell, cares) | _own(dataset, entry, found.second, cares)) & ~recorded
        fail = labelled | (own & ~benign)
        kept = fail | clean | (benign & own)
        values = found.values[:, columns]
        table = Table(
            scaling.apply(values),
            fail,
            clean,
            np.full(len(found), part, np.uint8),
            found.kind,
            found.severity,
            values,
            found.row,
        )
        parts.append(table.rows(kept))
    return Table(*(np.concatenate([getattr(p, name) for p in parts]) for name in Table.__dataclass_fields__))


def _own(dataset: Dataset, entry: Parent, cell: np.ndarray, cares: set[str] | None) -> np.ndarray:
    """Whether a fault at home in a cell fails a parent that cares about some dimensions: bool[n]."""
    found = faults.fails(dataset.plan, entry, cell)
    if cares is None:
        return found
    return found & np.isin(cell, [k for k, one in enumerate(dataset.plan.cells) if one.dimension in cares])


def check_parts(table: Table, name: str) -> None:
    """TrainingError where training or validation has nothing to learn from or to be held against."""
    for part, what in ((split.TRAIN, "training"), (split.VALIDATION, "validation")):
        mine = table.part == part
        if not table.clean[mine].any():
            raise TrainingError(
                f"{name}: no clean window in the {what} part; give a longer recording, or one with less missing"
            )
        if not table.fail[mine].any():
            raise TrainingError(f"{name}: nothing moves its dimensions in the {what} part; give it another child")


def weights(table: Table) -> np.ndarray:
    """Good and faulty windows weigh the same in sum, each kind of fault as much as another; the mean is 1."""
    weight = np.zeros(len(table.fail))
    benign = np.char.startswith(table.kind, "benign:")
    weight[table.clean] = (1 - BENIGN) / max(1, table.clean.sum())
    weight[benign] = BENIGN / max(1, benign.sum())
    weight /= weight.sum() or 1
    faulty = np.zeros(len(table.fail))
    for kind in np.unique(table.kind[table.fail]):
        rows = table.fail & (table.kind == kind)
        faulty[rows] = (1.0 if kind else LABELLED) / rows.sum()
    weight += faulty / (faulty.sum() or 1)
    return weight * len(weight) / weight.sum()
