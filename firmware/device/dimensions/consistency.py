"""Consistency: what a channel does that the channel which explains it does not.

measure = mean |r - its mean|, r = x - gain * y, Q8 counts, at most 2**27: y is the partner channel and gain its
coefficient (both in the reference, trained). The window's own mean is taken out, so a level is not judged here.
A channel without a partner gives 0. Source: QARTOD, multi-variate test; residual generation as in Isermann
2006.
"""

from ..layout import PAIR_N, RESIDUAL_SUM
from ._fixed import ratio

SCOPE = "channel"
UNIT = "count"
ONE = 256
FLOOR = 256
LIMIT = "own"


def measure(stats, at, reference, base):
    n = stats[at + PAIR_N]
    if n == 0:
        return 0
    return ratio(stats[at + RESIDUAL_SUM], n, 8)
