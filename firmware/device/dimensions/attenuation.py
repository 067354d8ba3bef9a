"""Attenuation: variation below the reference's.

measure = v / max(d, 1 / n) - 1, Q8, where d is the window's mean |x1 - x0| over n pairs and v the reference's;
0 when the window varies as much or more; saturates at 2**29. Source: QARTOD, attenuated signal test.
"""

from ..layout import DX_N, DX_SUM, VARIATION
from ._fixed import ratio

SCOPE = "channel"
UNIT = "ratio"
ONE = 256
FLOOR = 256
LIMIT = "late"


def measure(stats, at, reference, base):
    n = stats[at + DX_N]
    if n == 0:
        return 0
    total = stats[at + DX_SUM]
    if total < 1:
        total = 1
    # VARIATION is Q4 and at most 2**19, so the product is below 2**29; four more bits make it Q8
    v = reference[base + VARIATION]
    if v > 524287:
        v = 524287
    value = ratio(v * n, total, 4) - 256
    return value if value > 0 else 0
