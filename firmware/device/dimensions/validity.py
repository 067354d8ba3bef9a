"""Validity: samples outside the physically possible range.

measure = 256 * samples, Q8 slots, at most 2**18. Source: QARTOD, gross range test.
"""

from ..layout import OUTSIDE

SCOPE = "channel"
UNIT = "slot"
ONE = 256
FLOOR = 256
LIMIT = "own"


def measure(stats, at, reference, base):
    return stats[at + OUTSIDE] << 8
