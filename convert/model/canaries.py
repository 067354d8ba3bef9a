"""Canaries: windows of the training that a last layer which labels teach must go on judging as the base does.

Chosen among those that the base has right: failures of each kind in turn, the faintest of at least ``FAINTEST`` limits
first, and good windows evenly over the upper half of their levels, the highest included. They are packed as the inputs
of the last layer, which no label moves.
"""

from dataclasses import replace

import numpy as np

from .pack import Canaries, Dense, Pack

EACH = 24  # failures, and as many good windows
FAINTEST = 1.0
MARGIN = 0.5  # of the logistic's input: a window nearer to the cut than that teaches, though it is on the right side
LEAST, MOST = 1, (1 << 28) - 1


def before_last(pack: Pack) -> Pack | None:
    """The pack up to the inputs of its last fully connected layer; None: they are its own inputs."""
    last = _last(pack)
    layers = pack.layers[:last]
    if not any(isinstance(layer, Dense) for layer in layers):
        return None
    width = next(len(layer.bias) for layer in reversed(layers) if isinstance(layer, Dense))
    return replace(pack, layers=layers, outputs=width)


def _last(pack: Pack) -> int:
    return max(k for k, layer in enumerate(pack.layers) if isinstance(layer, Dense))


def choose(
    levels: np.ndarray, threshold: int, fail: np.ndarray, clean: np.ndarray, kind: np.ndarray, severity: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of failures and of good windows. ``levels`` int[n] of the base; ``kind``, ``severity``: of the faults."""
    right = fail & (levels > threshold) & (severity >= FAINTEST)
    by_kind = [np.flatnonzero(right & (kind == name)) for name in np.unique(kind[right])]
    by_kind = [rows[np.argsort(severity[rows], kind="stable")] for rows in by_kind]
    turns = [rows[turn] for turn in range(EACH) for rows in by_kind if turn < len(rows)]
    good = np.flatnonzero(clean & ~fail & (levels <= threshold))
    good = good[np.argsort(levels[good], kind="stable")]
    upper = good[len(good) // 2 :]
    chosen = np.unique(np.linspace(0, len(upper) - 1, min(EACH, len(upper))).round().astype(int))
    return np.array(turns[:EACH], int), upper[chosen]


def margin(scale: float) -> int:
    """``MARGIN`` in accumulators, one of which is ``scale`` of the logistic's input."""
    return int(np.clip(round(MARGIN / scale), LEAST, MOST))


def with_canaries(pack: Pack, inputs: np.ndarray, bad: np.ndarray, good: np.ndarray, margin: int) -> Pack:
    """``inputs`` uint8[n, k]: those of the last layer, + 128; without a failure or a good window it has none."""
    if not len(bad) or not len(good):
        return pack
    return replace(pack, canaries=Canaries(margin, inputs[bad], inputs[good]))
