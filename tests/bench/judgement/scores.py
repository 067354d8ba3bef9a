"""Scores of a window, by the int8 model that is shipped (its level) and by two rules over calibrated values; thresholds
at a realised share."""

import numpy as np
from motegate.train.policy import Parent

from .gates import Gate

LIMIT = 256  # a calibrated value at its limit
SHARE = 0.3  # of what exceeds the limit, in the third rule
NO_DATA = 1 << 30  # the gate fails closed, whatever the score
JUDGES = ("shipped", "largest value", "largest + 0.3 x excess")


def scores(
    gate: Gate, parent: Parent, values: np.ndarray, no_data: np.ndarray, silent: np.ndarray
) -> dict[str, np.ndarray]:
    """Judge -> float64[n] of one parent, larger = worse."""
    shipped = gate.judge(values, no_data, silent)[1][:, parent.classifier]
    mine = values[:, list(parent.columns)].astype(float)
    largest = mine.max(axis=1)
    summed = largest + SHARE * np.maximum(mine - LIMIT, 0).sum(axis=1)
    found = (shipped.astype(float), largest, summed)
    return {judge: np.where(no_data, NO_DATA, score) for judge, score in zip(JUDGES, found, strict=True)}


def threshold(clean: np.ndarray, share: float = 0.01) -> float:
    """The lowest that at most ``share`` of clean scores exceed. Of scores that tie there all or none do, so fewer may.

    >>> threshold(np.array([1, 2, 3, 9, 9, 9]), 0.4)
    9
    """
    ordered = np.sort(clean)[::-1]
    return ordered[int(np.floor(share * len(ordered) + 1e-9))]


def fails(gate: Gate, values: np.ndarray, no_data: np.ndarray, silent: np.ndarray) -> dict[str, np.ndarray]:
    """Classifier's parent -> bool[n]: it fails, by thresholds that ``silent`` windows have pulled."""
    passes = gate.judge(values, no_data, silent)[2]
    return {parent.name: ~passes[:, parent.classifier] for parent in gate.plan.classifiers}
