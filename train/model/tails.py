"""Windows of other sites: good ones in which a dimension is as rare as its calibration allows, and failing ones in
which a single dimension is far out.

A value says how rare a measure is on its site, so on another site any value comes up as often as it says. A network
that sees one recording alone would take what that recording never shows for a failure: a pump whose start stays inside
the band teaches nothing of one whose start does not. But what a recording hardly ever shows, since the limit lies at
its floor, is rare elsewhere, too, and all the better a sign of a fault.
"""

import numpy as np

from ..features import Scaling

OFTEN = 5  # times as often as one dimension has it: several may be odd, and only one is raised at a time
MOST = 600  # the largest value that a good window gets
ABOVE = 0.1  # of good windows have a value above 0 where it is calibrated
LEAST = 0.3  # of OFTEN, where it never has one
ALONE = 700, 1020  # the value of a dimension that is far out while all others are as they were
EACH = {"training": 60, "validation": 30}  # windows, for each dimension


def raised(x: np.ndarray, good: np.ndarray, scaling: Scaling, seed: int) -> np.ndarray:
    """Features int8[n, k] in which one of each ``good`` (bool[n]) window is at least a draw from the calibrated tail:
    half of the draws lie above 0, one in twenty above 256, and fewer where good windows have fewer than ``ABOVE`` of
    them above 0. The others stay."""
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(good)
    column = rng.integers(0, x.shape[1], len(rows))
    zero = scaling.apply(np.zeros((1, x.shape[1]), np.int16))
    often = OFTEN * np.clip((x[rows] > zero).mean(axis=0) / ABOVE, LEAST, 1)[column]
    drawn = np.clip(-256 * np.log10(rng.uniform(1e-9, 1, len(rows)) / often) - 256, 0, MOST).astype(np.int16)
    features = scaling.apply(np.repeat(drawn[:, None], x.shape[1], axis=1))
    out = x.copy()
    out[rows, column] = np.maximum(x[rows, column], features[np.arange(len(rows)), column])
    return out


def alone(x: np.ndarray, good: np.ndarray, scaling: Scaling, each: int, seed: int) -> np.ndarray:
    """Failing windows, int8[k * each, k]: for each dimension ``each`` good ones in which it alone is far out, as no
    fault of this recording may show it. Without them a network heeds what always comes together only together."""
    k = x.shape[1]
    rng = np.random.default_rng([seed, each])
    out = x[rng.choice(np.flatnonzero(good), k * each)].copy()
    column = np.repeat(np.arange(k), each)
    drawn = rng.integers(ALONE[0], ALONE[1] + 1, (k * each, 1)).astype(np.int16)
    features = scaling.apply(np.repeat(drawn, k, axis=1))
    rows = np.arange(len(out))
    out[rows, column] = np.maximum(out[rows, column], features[rows, column])
    return out
