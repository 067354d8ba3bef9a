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
TAIL = "own"


def measure(s, c, r, b):
    if s[c + DISTINCT] == 0:
        return 0
    return ratio(s[c + VALID] - s[c + DISTINCT], s[c + DISTINCT], 8)
