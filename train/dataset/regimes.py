"""The regimes of a recording, found off-line: what training ships in the reference for the dimension *regime*.

Greedy k-centre over the signatures of good windows (Gonzalez 1985), from the one nearest to their median on: the next
centre is the farthest window that has support, three windows within half of that distance which do not all belong to
one visit. Far is said half in distances and half in what is usual around the nearest centre, by the root of that: so a
regime that is always the same, an idling pump's, is not left with all that leads to it, and its radius stays its own.
Then each centre is moved to the median of its own, and its radius is their 98 % quantile.
"""

import numpy as np
from motegate.firmware.device import layout as at
from motegate.firmware.device.boot.reference import dump
from motegate.firmware.device.reference.reference import Reference

from ..policy import Plan

LARGEST = 20_000  # windows that are looked at, spread evenly
SUPPORT = 3
FARTHEST = 200  # windows that are tried as the next centre
ROUNDS = 5
QUANTILE = 0.98
OWN = 5  # windows from which a regime's own quantile counts
BLOCKS = 20
NEAREST = 41  # 0.02 widths: two centres are no nearer, and nothing is more usual
SHARE = 0.25  # of the median distance: a radius is no smaller

Found = tuple[np.ndarray, np.ndarray]
"""Prototypes int16[k, n], radii int64[k]."""


def find(plan: Plan, signatures: np.ndarray, good: np.ndarray) -> Found:
    """``signatures`` int16[windows, n], ``good`` bool[windows]."""
    window = np.flatnonzero(good)
    if not len(window):
        return np.zeros((0, signatures.shape[1]), np.int16), np.zeros(0, np.int64)
    window = window[:: -(-len(window) // LARGEST)]
    f = signatures[window].astype(np.int32)
    centres = _centres(f, window, -(-2 * plan.length // plan.hop))
    for _ in range(ROUNDS):
        nearest = _distances(f, centres).argmin(axis=1)
        centres = np.array(
            [np.median(f[nearest == j], axis=0) if (nearest == j).any() else centres[j] for j in range(len(centres))]
        )
    centres = np.round(centres).astype(np.int16)
    d = _distances(f, centres.astype(np.int32))
    nearest, away = d.argmin(axis=1), d.min(axis=1)
    usual = float(np.median(away))
    radii = []
    for j in range(len(centres)):
        own = away[nearest == j]
        reach = float(np.quantile(own, QUANTILE)) if len(own) >= OWN else float(own.max(initial=usual))
        radii.append(max(round(max(reach, SHARE * usual)), at.SMALLEST_RADIUS))
    return centres, np.minimum(np.array(radii, np.int64), at.LARGEST_RADIUS)


def _centres(f: np.ndarray, window: np.ndarray, apart: int) -> np.ndarray:
    found = [f[np.abs(f - np.median(f, axis=0)).sum(axis=1).argmin()]]
    while len(found) < at.MOST_REGIMES:
        d = _distances(f, np.array(found))
        nearest, reach = d.argmin(axis=1), d.min(axis=1)
        far = reach / np.sqrt(_scales(reach, nearest, len(found)))[nearest]
        for i in np.argsort(-far, kind="stable")[:FARTHEST]:
            if reach[i] <= NEAREST:
                return np.array(found)
            near = window[np.abs(f - f[i]).sum(axis=1) * 2 < reach[i]]
            if len(near) >= SUPPORT and near[-1] - near[0] >= apart:
                found.append(f[i])
                break
        else:
            break
    return np.array(found)


def _scales(reach: np.ndarray, nearest: np.ndarray, centres: int) -> np.ndarray:
    """The median distance of each centre's own windows, float64[centres]."""
    usual = float(np.median(reach))
    own = [reach[nearest == j] for j in range(centres)]
    return np.array([max(np.median(o) if len(o) else usual, SHARE * usual, NEAREST) for o in own])


def _distances(f: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """L1: [windows, centres]."""
    return np.stack([np.abs(f - centre).sum(axis=1) for centre in centres], axis=1)


def halves(training: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two halves of the training part, bool[n] each, in blocks by turns: long ones, since windows nearby are alike.

    >>> [half.astype(int).tolist() for half in halves(np.arange(42) >= 2)][0][:8]
    [0, 0, 1, 1, 0, 0, 1, 1]
    """
    n = max(1, int(training.sum()))
    block = np.maximum(np.cumsum(training) - 1, 0) * BLOCKS // n % 2
    return training & (block == 0), training & (block == 1)


def shipped(plan: Plan, reference: bytes | None, found: Found) -> bytes:
    """A reference's file with these regimes, known and not seen yet, in place of those it has."""
    edited = Reference(plan.for_device(), reference, 0)
    edited.regimes.replace([row.tolist() for row in found[0]], found[1].tolist())
    return dump(edited)
