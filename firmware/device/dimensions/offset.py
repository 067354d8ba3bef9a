"""Offset: the window's mean against the middle of the followed band.

measure = |mean - (lo + hi) / 2|, Q8 counts, at most 2**25; its value is
of measure and limits in the band's present width, so FLOOR is a sixteenth of a width in Q14. A channel without a
sample gives 0. Source: climatology test of QARTOD, with a band that follows.
"""

from ..layout import HI, LO, SUM, VALID
from ._fixed import mean_q8

SCOPE = "channel"
UNIT = "count"
ONE = 256
FLOOR = 1024
LIMIT = "width"


def measure(stats, at, reference, base):
    n = stats[at + VALID]
    if n == 0:
        return 0
    # the band's edges are Q14, |edge| <= 2**29: halved before they are added
    away = mean_q8(stats[at + SUM], n) - ((((reference[base + LO] >> 1) + (reference[base + HI] >> 1)) + 32) >> 6)
    return away if away >= 0 else -away
