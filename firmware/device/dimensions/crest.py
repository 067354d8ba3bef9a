"""Crest: the window's largest spike measure against their mean.

measure = max / max(mean, half a count) - 1, Q8, at most 2**18 (the mean of n is at least an n-th of the largest): the
crest factor of the high-frequency part, which finds a lone spike in a noisy stream. Source: crest factor as in
condition monitoring (ISO 13373-2), on QARTOD's spike measure.
"""

from ..layout import SPIKE_MAX, SPIKE_N, SPIKE_SUM
from ._fixed import ratio

SCOPE = "channel"
UNIT = "ratio"
ONE = 256
FLOOR = 256
LIMIT = "own"


def measure(stats, at, reference, base):
    n = stats[at + SPIKE_N]
    if n == 0:
        return 0
    total = stats[at + SPIKE_SUM]
    if total < n:
        total = n
    value = ratio(stats[at + SPIKE_MAX] * n, total, 8) - 256
    return value if value > 0 else 0
