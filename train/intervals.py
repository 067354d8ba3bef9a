"""95 % intervals around shares of windows that hang together: neighbours share samples, weather and the reference.

A block bootstrap (Kuensch 1989) says how much wider the spread is than that of as many windows by themselves, the
design effect (Kish 1965); the interval is Wilson's (1927) of as many windows as are worth that. Where all or none of
them are hits a bootstrap has nothing to say: then a block counts as one window, or what shares no sample does. Means
of several figures: Zou and Donner (2008), from the intervals of each.
"""

from collections.abc import Callable, Sequence

import numpy as np

Z = 1.96
RESAMPLES = 400
Interval = tuple[float, float]


def block_length(n: int, overlap: int) -> int:
    """Windows of a block, of ``n`` in time order of which ``overlap`` in a row share samples: the root of n, and two
    overlaps at least."""
    return max(2 * overlap, round(n**0.5), 1)


def wilson(share: float, n: float) -> Interval:
    """Of a share of ``n`` independent trials, which need be no whole number.

    >>> [round(end, 3) for end in wilson(1.0, 7)]
    [0.646, 1.0]
    """
    if n <= 0:
        return 0.0, 1.0
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * np.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def share(hits: np.ndarray, block: np.ndarray, overlap: int = 1) -> Interval:
    """Of the share of ``hits`` bool[n]; ``block`` int[n]: those of one block hang together; of windows side by side
    ``overlap`` share samples."""
    return wilson(float(np.mean(hits)), worth(hits, block, overlap)) if len(hits) else (0.0, 1.0)


def mean(found: Sequence[float], ends: Sequence[Interval], wider: float = 1.0) -> Interval:
    """Of the mean of several figures, from the interval of each; ``wider`` as they hang ``together``."""
    low, high = (np.array(side) for side in zip(*ends, strict=True))
    n, middle = len(found), float(np.mean(found))
    down, up = np.linalg.norm(np.array(found) - low), np.linalg.norm(high - np.array(found))
    return max(0.0, middle - wider * float(down) / n), min(1.0, middle + wider * float(up) / n)


def together(groups: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """How much wider the mean of shares spreads, each (hits, block), since they are of the same blocks: at least 1."""
    names = np.unique(np.concatenate([block for _, block in groups]))
    counts = np.random.default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), RESAMPLES)
    again = []
    for hits, block in groups:
        where = np.searchsorted(names, block)
        n = counts @ np.bincount(where, minlength=len(names))
        found = counts @ np.bincount(where, np.asarray(hits, float), len(names))
        again.append(np.where(n > 0, found / np.maximum(n, 1), hits.mean()))
    apart = sum(float(one.var()) for one in again)
    return float(np.sqrt(max(1.0, np.sum(again, axis=0).var() / apart))) if apart else 1.0


def bootstrap(statistic: Callable[[np.ndarray], float], block: np.ndarray) -> Interval:
    """Percentiles of ``statistic(rows)`` over blocks drawn again, where no formula is known; ``block`` int[n]."""
    rng = np.random.default_rng(0)
    rows = [np.flatnonzero(block == one) for one in np.unique(block)]
    found = [
        statistic(np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])) for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def worth(hits: np.ndarray, block: np.ndarray, overlap: int = 1) -> float:
    """How many independent windows tell as much."""
    _, where = np.unique(block, return_inverse=True)
    size = np.bincount(where)
    p, n, k = float(np.mean(hits)), len(hits), len(size)
    if p in (0.0, 1.0):
        return max(float(k), n / overlap)
    if k == 1:
        return 1.0
    counts = np.random.default_rng(0).multinomial(k, np.full(k, 1 / k), RESAMPLES)
    again = counts @ np.bincount(where, np.asarray(hits, float)) / np.maximum(counts @ size, 1)
    return n / max(1.0, float(again.var()) * k / (k - 1) / (p * (1 - p) / n))
