"""Noise: high-frequency energy, the mean spike measure.

measure = 256 * mean |x1 - (x0 + x2) / 2|, Q8 counts, at most 2**24; the second difference cancels a trend.
Source: mean absolute second difference, as in von Neumann's ratio.
"""

from ..layout import SPIKE_N, SPIKE_SUM
from ._fixed import ratio

SCOPE = "channel"
UNIT = "count"
ONE = 256
FLOOR = 256
LIMIT = "own"


def measure(stats, at, reference, base):
    n = stats[at + SPIKE_N]
    if n == 0:
        return 0
    return ratio(stats[at + SPIKE_SUM], n, 7)
