"""Step: a shift of the level inside the window.

measure = largest |mean after - mean before| over splits at a quarter, half and three quarters of the window, Q8
counts, at most 2**24; a side without a sample is left out. Source: Page 1954 (change of a mean), coarsened.
"""

from ..layout import QUARTER_SUM, QUARTER_VALID, SUM, VALID
from ._fixed import mean_q8

SCOPE = "channel"
UNIT = "count"
ONE = 256
FLOOR = 256
LIMIT = "own"


def measure(stats, at, reference, base):
    total, n = stats[at + SUM], stats[at + VALID]
    left = left_n = worst = 0
    k = 0
    while k < 3:
        left += stats[at + QUARTER_SUM + k]
        left_n += stats[at + QUARTER_VALID + k]
        if 0 < left_n < n:
            shift = mean_q8(total - left, n - left_n) - mean_q8(left, left_n)
            if shift < 0:
                shift = -shift
            if shift > worst:
                worst = shift
        k += 1
    return worst
