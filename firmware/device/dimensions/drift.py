"""Drift: the way of the followed band from the commissioned one.

measure = the larger way of the two edges, Q8 counts, at most 2**25; the limit is the commissioned width. It
moves slowly, by the reference's rule. Source: concept drift of the mean and spread, Gama et al. 2014, on a
followed quantile band.
"""

from ..layout import HI, HI0, LO, LO0

SCOPE = "channel"
UNIT = "count"
ONE = 256
FLOOR = 256
LIMIT = "width0"


def measure(stats, at, reference, base):
    # Q14, |edge| <= 2**29: shifted to Q8 before the difference
    low = ((reference[base + LO] + 32) >> 6) - ((reference[base + LO0] + 32) >> 6)
    high = ((reference[base + HI] + 32) >> 6) - ((reference[base + HI0] + 32) >> 6)
    if low < 0:
        low = -low
    if high < 0:
        high = -high
    return low if low > high else high
