"""Rate of change: the largest |dx| per elapsed period.

measure = 256 * max |x1 - x0| / ((t1 - t0) / period), Q8 counts a period, at most 2**29, over neighbouring valid slots
whose time advanced. A threshold in the policy is in the channel's unit a second.
Source: QARTOD, rate of change test, with the real time step.
"""

from ..layout import RATE_MAX

SCOPE = "channel"
UNIT = "rate"
ONE = 256
FLOOR = 256
LIMIT = "own"


def measure(stats, at, reference, base):
    return stats[at + RATE_MAX]
