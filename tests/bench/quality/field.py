"""What others would put over the same dimensions: rules without learning, and scikit-learn's."""

import numpy as np
from motegate.train.dataset import TRAIN, weights
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest

from .candidates import SEED, Learned
from .judge import Batch, Judge

QUANTILE = 0.99
AMONG = 16  # a sixteenth of a limit: a dimension that never moves is not infinitely sure of itself
NODE = 8  # bytes: feature, threshold, two children, value


def judges(learned: Learned, parent: str) -> list[Judge]:
    columns = list(learned.dataset.plan.parent(parent).columns)
    return [
        _largest(columns),
        _quantiles(learned, parent, columns),
        _boosting(learned, parent),
        _forest(learned, parent),
    ]


def _largest(columns: list[int]) -> Judge:
    return Judge("largest value", lambda batch: batch.values[:, columns].max(axis=1).astype(float), "2", "0")


def _quantiles(learned: Learned, parent: str, columns: list[int]) -> Judge:
    """Each dimension over its own quantile of training's good windows."""
    table = learned.tables[parent]
    good = table.values[(table.part == TRAIN) & table.clean].astype(float)
    high = np.quantile(good, QUANTILE, axis=0) + AMONG

    def score(batch: Batch) -> np.ndarray:
        return ((batch.values[:, columns] + AMONG) / high).max(axis=1)

    return Judge("dimensions' quantiles", score, f"{2 * len(columns)}", "0")


def _boosting(learned: Learned, parent: str) -> Judge:
    """Learns from the very windows that the candidates learn from."""
    table = learned.tables[parent]
    training = table.rows(table.part == TRAIN)
    model = HistGradientBoostingClassifier(random_state=SEED)
    model.fit(training.x, training.fail, sample_weight=weights(training))
    nodes = sum(len(tree.nodes) for trees in model._predictors for tree in trees)
    return Judge(
        "gradient boosting",
        lambda batch: model.decision_function(learned.features(parent, batch.values)),
        f"{NODE * nodes}",
        f"{len(model._predictors)} trees",
    )


def _forest(learned: Learned, parent: str) -> Judge:
    """Learns from training's good windows alone."""
    table = learned.tables[parent]
    model = IsolationForest(random_state=SEED)
    model.fit(table.x[(table.part == TRAIN) & table.clean])
    nodes = sum(tree.tree_.node_count for tree in model.estimators_)
    return Judge(
        "isolation forest",
        lambda batch: -model.score_samples(learned.features(parent, batch.values)),
        f"{NODE * nodes}",
        f"{len(model.estimators_)} trees",
    )
