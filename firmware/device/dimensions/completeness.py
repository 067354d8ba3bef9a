"""Completeness: empty cells in the records that came.

measure = 256 * (records - valid samples), Q8 slots, at most 2**18. Records that did not come are
continuity's. Source: ISO/IEC 25012, completeness.
"""

from ..layout import ABSENTS, LENGTH, VALID

SCOPE = "channel"
UNIT = "slot"
ONE = 256
FLOOR = 256
LIMIT = "own"


def measure(stats, at, reference, base):
    return (stats[LENGTH] - stats[ABSENTS] - stats[at + VALID]) << 8
