"""Drift: the way of the followed band from the commissioned one.

measure = the larger way of the two edges, Q8 counts, at most 2**25; the tail is the commissioned width. It
moves slowly, by the reference's rule. Source: concept drift of the mean and spread, Gama et al. 2014, on a
followed quantile band.
"""

from ..layout import HI, HI0, LO, LO0

SCOPE = "channel"
UNIT = "count"
ONE = 256
FLOOR = 256
TAIL = "width0"


def measure(s, c, r, b):
    # Q14, |edge| <= 2**29: shifted to Q8 before the difference
    low = ((r[b + LO] + 32) >> 6) - ((r[b + LO0] + 32) >> 6)
    high = ((r[b + HI] + 32) >> 6) - ((r[b + HI0] + 32) >> 6)
    if low < 0:
        low = -low
    if high < 0:
        high = -high
    return low if low > high else high
