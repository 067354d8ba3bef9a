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
from itertools import pairwise
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
    """``loss`` of validation and its standard ``error``; ``macs`` of an inference; ``bytes`` of its pack; ``deaf``: so
    many dimensions count for no more than one good window in a hundred does, though each is as far out as can be
    told."""

    name: str
    model: Any
    loss: float
    error: float
    macs: int
    bytes: int = 0
    deaf: int = 0

    def as_dict(self) -> dict:
        return {
            "loss": round(self.loss, 4),
            "standard_error": round(self.error, 4),
            "macs": self.macs,
            "bytes": self.bytes,
            "deaf": self.deaf,
        }


def usual(scaling: Scaling, seen: np.ndarray) -> np.ndarray:
    """As far as a feature counts for nothing: float64[k], of good windows' ``seen`` int8[n, k]."""
    low, up = (scaling.apply(np.full((1, len(scaling.columns)), value))[0].astype(float) for value in USUAL)
    return np.clip(np.quantile(seen, HIGH, axis=0), low, up)


def rule(scaling: Scaling, seen: np.ndarray, clean: np.ndarray):
    """The rule as a Keras model: the sum of what each feature exceeds its usual by, weighed by how far below the limit
    it stays in good windows, ``seen`` int8[n, k]. ``clean``: others, on which its last layer is scaled."""
    n = len(scaling.columns)
    zero, limit = (scaling.apply(np.full((1, n), value))[0].astype(float) for value in (0, LIMIT))
    high = np.quantile(seen, HIGH, axis=0)
    weight = np.clip((limit - zero) / np.maximum(high - zero, 1), 1, HEAVIEST)
    model = network.build(n, True, (n,))
    hidden, last = model.layers
    hidden.set_weights([np.eye(n, dtype=np.float32), (-usual(scaling, seen) / 128).astype(np.float32)])
    last.set_weights([weight[:, None].astype(np.float32), np.zeros(1, np.float32)])
    network.calibrate_logits(model, clean)
    return model


def candidate(name: str, model, held: Table) -> Candidate:
    """``held``: the validation part."""
    levels = network.logits(model, held.x)
    units = tuple(layer.units for layer in model.layers[:-1])
    inputs = held.x.shape[1]
    good, kinds = _parts(levels, held)
    deaf = (network.logits(model, loud(held.x.shape[1])) <= limit_of(good)).sum()
    return Candidate(
        name,
        model,
        _missed(good, kinds),
        error_of(levels, held),
        macs(inputs, units),
        pack_bytes(inputs, units),
        int(deaf),
    )


def macs(inputs: int, units: tuple[int, ...]) -> int:
    """Multiply-accumulates of an inference."""
    return sum(a * b for a, b in pairwise((inputs, *units, 1)))


def pack_bytes(inputs: int, units: tuple[int, ...]) -> int:
    """Bytes of the pack that such a network becomes (docs/pack.md), without the canaries of a board that adapts."""
    layers = sum(7 + 5 * n + 4 * n + before * n for before, n in pairwise((inputs, *units, 1)))
    return 12 + 5 * inputs + layers + 257 + 4


def error_of(levels: np.ndarray, held: Table) -> float:
    """The standard error of the loss of ``levels`` float[n], the same draws for everybody."""
    good, kinds = _parts(levels, held)
    rng = np.random.default_rng(0)
    blocks = [block for block in np.array_split(good, BLOCKS) if len(block)]
    again = [
        _missed(
            np.concatenate([blocks[i] for i in rng.integers(0, len(blocks), len(blocks))]),
            [rng.choice(kind, len(kind)) for kind in kinds],
        )
        for _ in range(RESAMPLES)
    ]
    return float(np.std(again))


def _parts(levels: np.ndarray, held: Table) -> tuple[np.ndarray, list[np.ndarray]]:
    """Levels of good windows, and those of each kind of fault and of the labelled failures."""
    kinds = [levels[held.fail & (held.kind == kind)] for kind in np.unique(held.kind[held.fail])]
    return levels[~held.fail], kinds


def _missed(good: np.ndarray, kinds: list[np.ndarray]) -> float:
    """The share missed, of levels of each kind of fault and of the labelled failures; mean over them."""
    limit = limit_of(good)
    return float(np.mean([(kind <= limit).mean() for kind in kinds])) if kinds else 0.0


def limit_of(good: np.ndarray) -> float:
    """What one good window in a hundred exceeds."""
    return float(np.quantile(good, 1 - FALSE))


def choose(found: list[Candidate]) -> Candidate:
    """``found`` in the order of ``NAMES``; where none hears all, since good windows are as far out, those that hear
    most."""
    hearing = min(one.deaf for one in found)
    found = [one for one in found if one.deaf == hearing]
    best = min(found, key=lambda one: one.loss)
    return next(one for one in found if one.loss <= best.loss + best.error)
