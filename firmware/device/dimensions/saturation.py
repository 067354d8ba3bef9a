"""Saturation: samples at or beyond the sensor's rails.

measure = 256 * samples, Q8 slots, at most 2**18. Without rails in the policy they are the range's ends.
Source: QARTOD, gross range test (sensor span).
"""

from ..layout import RAILED

SCOPE = "channel"
UNIT = "slot"
ONE = 256
FLOOR = 256
LIMIT = "own"


def measure(stats, at, reference, base):
    return stats[at + RAILED] << 8
