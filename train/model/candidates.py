"""Three candidates for a parent's classifier, and which of them is shipped.

  rule     one hidden unit a dimension: what its value exceeds ``USUAL`` by, summed; nothing is learned
  linear   a non-negative weight a dimension, learned
  network  16 and 8 hidden units, learned

The simplest is shipped whose validation loss lies within one standard error of the best (Breiman, Friedman, Olshen,
Stone, Classification and Regression Trees, 1984, the 1-SE rule). The loss is the share of faults that is missed, the
mean over kinds, by a threshold that one of validation's good windows in a hundred exceeds: the alarm budget's own is
pulled to each site, and where it lies far out all candidates miss the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..dataset import Table
from ..features import Scaling
from . import network

NAMES = ("rule", "linear", "network")  # the simplest first
USUAL = 192  # a value below it counts for nothing: three quarters of a limit
FALSE = 0.01  # of the good windows


@dataclass(frozen=True)
class Candidate:
    """``loss`` of validation and its standard ``error``; ``macs`` of an inference."""

    name: str
    model: Any
    loss: float
    error: float
    macs: int

    def as_dict(self) -> dict:
        return {"loss": round(self.loss, 4), "standard_error": round(self.error, 4), "macs": self.macs}


def rule(scaling: Scaling, clean: np.ndarray):
    """The rule as a Keras model. ``clean`` int8[n, k]: good windows, on which its last layer is scaled."""
    n = len(scaling.columns)
    usual = scaling.apply(np.full((1, n), USUAL))[0].astype(np.float32) / 128
    model = network.build(n, True, (n,))
    hidden, last = model.layers
    hidden.set_weights([np.eye(n, dtype=np.float32), -usual])
    last.set_weights([np.ones((n, 1), np.float32), np.zeros(1, np.float32)])
    network.calibrate_logits(model, clean)
    return model


def candidate(name: str, model, held: Table) -> Candidate:
    """``held``: the validation part."""
    levels = network.logits(model, held.x)
    macs = sum(layer.get_weights()[0].size for layer in model.layers)
    shares = list(_missed(levels > np.quantile(levels[~held.fail], 1 - FALSE), held))
    loss = float(np.mean([share for share, _ in shares])) if shares else 0.0
    error = float(np.sqrt(sum(share * (1 - share) / n for share, n in shares))) / max(len(shares), 1)
    return Candidate(name, model, loss, error, macs)


def _missed(fails: np.ndarray, held: Table) -> Iterable[tuple[float, int]]:
    """Of each kind, and of the labelled failures, the share missed and of how many."""
    for kind in np.unique(held.kind[held.fail]):
        mine = held.fail & (held.kind == kind)
        yield float((~fails[mine]).mean()), int(mine.sum())


def choose(found: list[Candidate]) -> Candidate:
    """``found`` in the order of ``NAMES``."""
    best = min(found, key=lambda one: one.loss)
    return next(one for one in found if one.loss <= best.loss + best.error)
