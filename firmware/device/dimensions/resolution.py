"""Resolution: few distinct values.

measure = valid samples / distinct values - 1, Q8, at most 2**18. Source: entropy of the least significant bits, as
in ADC missing-code tests (IEEE 1241), counted.
"""

from ..layout import DISTINCT, VALID
from ._fixed import ratio

SCOPE = "channel"
UNIT = "ratio"
ONE = 256
FLOOR = 256
LIMIT = "own"


def measure(stats, at, reference, base):
    if stats[at + DISTINCT] == 0:
        return 0
    return ratio(stats[at + VALID] - stats[at + DISTINCT], stats[at + DISTINCT], 8)
