"""Excursion: how far the window's extremes lie outside the followed band.

measure = max(0, max - hi, lo - min), Q8 counts, at most 2**25; its value is
of measure and limits in the band's present width, so FLOOR is a quarter of a width in Q14. A channel
without a sample gives 0. Source: QARTOD, climatology test, with a band that follows.
"""

from ..layout import HI, LO, MAX, MIN, VALID

SCOPE = "channel"
UNIT = "count"
ONE = 256
FLOOR = 4096
LIMIT = "width"


def measure(stats, at, reference, base):
    if stats[at + VALID] == 0:
        return 0
    above = (stats[at + MAX] << 8) - ((reference[base + HI] + 32) >> 6)
    below = ((reference[base + LO] + 32) >> 6) - (stats[at + MIN] << 8)
    if below > above:
        above = below
    return above if above > 0 else 0
