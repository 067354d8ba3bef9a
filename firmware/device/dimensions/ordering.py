"""Ordering: records whose time is not after that of the record before (duplicates apart).

measure = 256 * records, Q8 slots, at most 2**18. Source: QARTOD, gap/timing test (syntax and time sequence).
"""

from ..layout import BACKWARD

SCOPE = "window"
UNIT = "slot"
ONE = 256
FLOOR = 256
LIMIT = "own"


def measure(stats, at, reference, base):
    return stats[BACKWARD] << 8
