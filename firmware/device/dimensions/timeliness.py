"""Timeliness: jitter and lateness of the records, against the period.

measure = mean over the window's records of |dt - period| / period, Q15, at most 2**15; a record's lateness
saturates at one period. The smallest limit is 1/64 of a period. A window without a record gives 0.
Source: Chatterjee et al. 2022 (timeliness); QARTOD, timing test.
"""

from ..layout import ABSENTS, LATE_SUM, LENGTH
from ._fixed import ratio

SCOPE = "window"
UNIT = "period"
ONE = 32768
FLOOR = 512
LIMIT = "own"


def measure(stats, at, reference, base):
    n = stats[LENGTH] - stats[ABSENTS]
    if n == 0:
        return 0
    return ratio(stats[LATE_SUM], n, 0)
