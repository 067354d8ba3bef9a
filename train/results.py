"""metrics.json: how good the classifier of a parent is, beside the best of its dimensions and the largest of all."""

import numpy as np

from . import metrics, threshold
from .dataset import Dataset, Table, split
from .features import Scaling

MOST_SCORE = 127
MOST_VALUE = 32768  # above any value: a dimension that is always high keeps the budget, and finds nothing


def result(table: Table, scores: np.ndarray, scaling: Scaling, dataset: Dataset) -> dict:
    """metrics.json's entry of a parent, on the test part.

    The classifier, and what a threshold alone would do: on the best single dimension, and on a window's largest value.
    """
    test = table.part == split.TEST
    budget = dataset.windows_per_day, dataset.policy.alarms_per_day
    quiet = (table.part == split.VALIDATION) & ~table.fail
    limit = threshold.lowest(scores[quiet], *budget, most=MOST_SCORE)
    tables = []
    for j, name in enumerate(scaling.columns):
        alone = table.values[:, j].astype(np.int64)
        bound = threshold.lowest(alone[quiet], *budget, most=MOST_VALUE)
        tables.append({"name": name} | metrics.summary(table.rows(test).scored(alone[test]), bound))
    best = max(tables, key=lambda found: found["macro_f1_4_16"] or 0.0)
    worst = table.values.max(axis=1).astype(np.int64)
    bound = threshold.lowest(worst[quiet], *budget, most=MOST_VALUE)
    return {
        "classifier": metrics.summary(table.rows(test).scored(scores[test]), limit),
        "best_dimension": best,
        "largest_value": metrics.summary(table.rows(test).scored(worst[test]), bound),
        "dimensions": {found["name"]: found["macro_f1_4_16"] for found in tables},
    }
