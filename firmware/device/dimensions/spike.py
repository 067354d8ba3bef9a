"""Spike: the largest distance of a sample from the mean of its two neighbours.

measure = 256 * max |x1 - (x0 + x2) / 2|, Q8 counts, at most 2**24, over neighbouring valid slots; fewer than
three give 0. Source: QARTOD, spike test.
"""

from ..layout import SPIKE_MAX

SCOPE = "channel"
UNIT = "count"
ONE = 256
FLOOR = 256
LIMIT = "own"


def measure(stats, at, reference, base):
    return stats[at + SPIKE_MAX] << 7
