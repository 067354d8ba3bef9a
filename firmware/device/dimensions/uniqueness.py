"""Uniqueness: records that repeat the one before.

measure = 256 * duplicates, Q8 slots, at most 2**18. A duplicate has the time and every count of the record
before it. Source: ISO/IEC 25012, and QARTOD users' wish for a duplicate-timestamp test.
"""

from ..layout import DUPLICATES

SCOPE = "window"
UNIT = "slot"
ONE = 256
FLOOR = 256
LIMIT = "own"


def measure(stats, at, reference, base):
    return stats[DUPLICATES] << 8
