"""Validity: samples outside the physically possible range.

measure = 256 * samples, Q8 slots, at most 2**18. Source: QARTOD, gross range test.
"""

from ..layout import OUTSIDE

SCOPE = "channel"
UNIT = "slot"
ONE = 256
FLOOR = 256
TAIL = "own"


def measure(s, c, r, b):
    return s[c + OUTSIDE] << 8
