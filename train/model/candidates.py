"""Three candidates for a parent's classifier, and which of them is shipped.

  rule     one hidden unit a dimension: what its value exceeds the usual by, summed; nothing is learned
  linear   a non-negative weight a dimension, learned
  network  16 and 8 hidden units, learned

Of those that hear most of their dimensions alone the simplest is shipped whose validation loss lies within one standard
error of the best (Breiman, Friedman, Olshen, Stone, Classification and Regression Trees, 1984, the 1-SE rule). The loss
is the share of faults that is missed, the mean over kinds, by a threshold that one of validation's good windows in a
hundred exceeds: the alarm budget's own is pulled to each site, and where it lies far out all candidates miss the same.
Its standard error is that of bootstrapped
good windows, by blocks (Kuensch 1989), and faults: what a threshold on a few hundred windows is worth is part of it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..dataset import Table
from ..features import Scaling, loud
from . import network

NAMES = ("rule", "linear", "network")  # the simplest first
USUAL = 128, 192  # a value counts for nothing as far as good windows go, but within half and three quarters of a limit
LIMIT = 256
HIGH = 0.99  # of training's good windows
HEAVIEST = 3.0  # a dimension that training never shows; more would blind a site that shows it to all others
FALSE = 0.01  # of the good windows
RESAMPLES, BLOCKS = 200, 20


@dataclass(frozen=True)
class Candidate:
    """``loss`` of validation and its standard ``error``; ``macs`` of an inference; ``deaf``: so many dimensions
    count for no more than one good window in a hundred does, though each is as far out as can be told."""

    name: str
    model: Any
    loss: float
    error: float
    macs: int
    deaf: int = 0

    def as_dict(self) -> dict:
        return {
            "loss": round(self.loss, 4),
            "standard_error": round(self.error, 4),
            "macs": self.macs,
            "deaf": self.deaf,
        }


def rule(scaling: Scaling, seen: np.ndarray, clean: np.ndarray):
    """The rule as a Keras model: the sum of what each feature exceeds its usual by, weighed by how far below the limit
    it stays in good windows, ``seen`` int8[n, k]. ``clean``: others, on which its last layer is scaled."""
    n = len(scaling.columns)
    zero, low, up, limit = (scaling.apply(np.full((1, n), value))[0].astype(float) for value in (0, *USUAL, LIMIT))
    high = np.quantile(seen, HIGH, axis=0)
    weight = np.clip((limit - zero) / np.maximum(high - zero, 1), 1, HEAVIEST)
    model = network.build(n, True, (n,))
    hidden, last = model.layers
    hidden.set_weights([np.eye(n, dtype=np.float32), (-np.clip(high, low, up) / 128).astype(np.float32)])
    last.set_weights([weight[:, None].astype(np.float32), np.zeros(1, np.float32)])
    network.calibrate_logits(model, clean)
    return model


def candidate(name: str, model, held: Table) -> Candidate:
    """``held``: the validation part."""
    levels = network.logits(model, held.x)
    macs = sum(layer.get_weights()[0].size for layer in model.layers)
    good = levels[~held.fail]
    kinds = [levels[held.fail & (held.kind == kind)] for kind in np.unique(held.kind[held.fail])]
    rng = np.random.default_rng(0)  # the same draws for every candidate
    blocks = [block for block in np.array_split(good, BLOCKS) if len(block)]
    again = [
        _missed(
            np.concatenate([blocks[i] for i in rng.integers(0, len(blocks), len(blocks))]),
            [rng.choice(kind, len(kind)) for kind in kinds],
        )
        for _ in range(RESAMPLES)
    ]
    deaf = (network.logits(model, loud(held.x.shape[1])) <= _limit(good)).sum()
    return Candidate(name, model, _missed(good, kinds), float(np.std(again)), macs, int(deaf))


def _missed(good: np.ndarray, kinds: list[np.ndarray]) -> float:
    """The share missed, of levels of each kind of fault and of the labelled failures; mean over them."""
    limit = _limit(good)
    return float(np.mean([(kind <= limit).mean() for kind in kinds])) if kinds else 0.0


def _limit(good: np.ndarray) -> float:
    return float(np.quantile(good, 1 - FALSE))


def choose(found: list[Candidate]) -> Candidate:
    """``found`` in the order of ``NAMES``; where none hears all, since good windows are as far out, those that hear
    most."""
    hearing = min(one.deaf for one in found)
    found = [one for one in found if one.deaf == hearing]
    best = min(found, key=lambda one: one.loss)
    return next(one for one in found if one.loss <= best.loss + best.error)
