"""Which channel explains which: the partner and coefficient behind the dimension *consistency*."""

from array import array

import numpy as np
from motegate.firmware.device import layout as at
from motegate.firmware.device.boot.reference import dump
from motegate.firmware.device.reference.reference import Reference

from ..policy import Plan

LEAST = 0.5  # of the variance inside windows, for a partner to be worth its while
LARGEST = 32767  # of a gain in Q12


def find(counts: np.ndarray) -> list[tuple[int, int]]:
    """Partner and gain (Q12) of each channel from good windows int16[N, C, L]; (-1, 0) where none explains it.

    Least squares of the samples around their window's mean, so that levels play no part; the partner is the
    channel that leaves the smallest residual.
    """
    x = counts.astype(np.float64)
    x[counts == at.MISSING] = np.nan
    x -= np.nanmean(np.where(np.isnan(x).all(axis=2, keepdims=True), 0.0, x), axis=2, keepdims=True)
    n_channels = x.shape[1]
    found = []
    for c in range(n_channels):
        best, choice = LEAST, (-1, 0)
        for other in range(n_channels):
            if other == c:
                continue
            both = ~np.isnan(x[:, c]) & ~np.isnan(x[:, other])
            a, b = x[:, c][both], x[:, other][both]
            if not (b**2).sum() or not (a**2).sum():
                continue
            gain = round(float((a * b).sum() / (b**2).sum()) * 4096)
            explained = float((a * b).sum() ** 2 / ((a**2).sum() * (b**2).sum()))
            if explained > best and 0 < abs(gain) <= LARGEST:
                best, choice = explained, (other, gain)
        found.append(choice)
    return found


def reference(plan: Plan, pairs: list[tuple[int, int]]) -> bytes:
    """A blank reference that holds the pairs: commissioning keeps them."""
    blank = Reference(plan.for_device(), None, 0)
    words: array = blank.array
    for c, (partner, gain) in enumerate(pairs):
        words[at.REF_HEAD + c * at.REF_STRIDE + at.PAIR] = partner
        words[at.REF_HEAD + c * at.REF_STRIDE + at.GAIN] = gain
    return dump(blank)
