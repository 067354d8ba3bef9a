"""Continuity: records that did not come, by time (absent slots) and by sequence (gaps in the numbers).

measure = 256 * (absent slots + sequence gaps), Q8 slots, at most 2**19. Source: QARTOD, timing/gap test.
"""

from ..layout import ABSENTS, SEQ_GAPS

SCOPE = "window"
UNIT = "slot"
ONE = 256
FLOOR = 256
LIMIT = "own"


def measure(stats, at, reference, base):
    return (stats[ABSENTS] + stats[SEQ_GAPS]) << 8
