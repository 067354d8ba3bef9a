"""What one parent learns from: the windows that say something about it, as features_<parent>.npz has them."""

from dataclasses import dataclass

import numpy as np

from .. import faults, metrics
from ..features import Scaling
from .dataset import Dataset
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

    def scored(self, scores: np.ndarray) -> metrics.Scored:
        return metrics.Scored(scores, self.fail, self.clean, self.kind, self.severity)


def table_of(dataset: Dataset, parent: str, everything: list[Examples], scaling: Scaling) -> Table:
    """The windows that say something about a parent.

    Left out: failures of another parent (no failure of this one, and no good window either), those that this parent
    has only through a parent below it, and recorded windows that are labelled or hold too little.
    """
    entry = dataset.plan.parent(parent)
    columns = np.array(entry.columns)
    parts = []
    for part, found in enumerate(everything):
        recorded = found.kind == ""
        labelled = np.zeros(len(found), bool)
        if parent in dataset.fails:
            labelled = recorded & dataset.fails[parent][found.row]
            for child in dataset.plan.below(entry) & set(dataset.fails):
                labelled &= ~dataset.fails[child][found.row]
        clean = recorded & dataset.clean[found.row]
        benign = np.char.startswith(found.kind, "benign:")
        own = (
            faults.fails(dataset.plan, entry, found.cell) | faults.fails(dataset.plan, entry, found.second)
        ) & ~recorded
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
