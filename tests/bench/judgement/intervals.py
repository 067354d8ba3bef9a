"""Intervals around what was counted: exact for a Poisson count, bootstrapped for a mean over kinds."""

from math import exp

import numpy as np

TAIL = 0.025
RESAMPLES = 1000


def poisson(count: int) -> tuple[float, float]:
    """The exact 95 % interval (Garwood 1936) of the expectation behind a count.

    The ends are where ``count`` or more, and ``count`` or fewer, have a probability of 2.5 %.
    """
    low = 0.0 if count == 0 else _solve(lambda mean: 1 - _at_most(count - 1, mean) - TAIL, count)
    return low, _solve(lambda mean: TAIL - _at_most(count, mean), count)


def _at_most(count: int, mean: float) -> float:
    """P(X <= count): terms from the largest down, each relative to it, so that none underflows too early."""
    log_terms = (
        np.arange(count + 1) * np.log(mean) - mean - np.concatenate(([0], np.cumsum(np.log(range(1, count + 1)))))
    )
    top = log_terms.max()
    return float(exp(top) * np.exp(log_terms - top).sum())


def _solve(rising, count: int) -> float:
    """Where a rising function of the mean crosses 0, by halving."""
    low, high = 1e-12, 2.0 * count + 20
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2


def mean_over_kinds(kinds: np.ndarray, hits: np.ndarray, seed: int = 0) -> tuple[float, float, float]:
    """The mean over kinds of their shares of hits, and its 95 % bootstrap interval over faults: mean, low, high.

    ``kinds`` str[n], ``hits`` bool[n]. A kind's faults are drawn again among themselves, so no kind is ever without.
    """
    rng = np.random.default_rng(seed)
    groups = [hits[kinds == kind].astype(float) for kind in np.unique(kinds)]
    if not groups:
        return float("nan"), float("nan"), float("nan")
    again = [rng.choice(group, (RESAMPLES, len(group))).mean(axis=1) for group in groups]
    low, high = np.quantile(np.mean(again, axis=0), [TAIL, 1 - TAIL])
    return float(np.mean([group.mean() for group in groups])), float(low), float(high)
