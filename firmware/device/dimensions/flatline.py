"""Flatline: the longest run of equal samples.

measure = 256 * (run - 1), Q8 slots, at most 2**23: missing samples neither break a run nor count, and the run at the
window's end counts from where it began. Source: QARTOD, flat line test (tolerance one count).
"""

from ..layout import RUN

SCOPE = "channel"
UNIT = "slot"
ONE = 256
FLOOR = 256
LIMIT = "own"


def measure(stats, at, reference, base):
    run = stats[at + RUN]
    return (run - 1) << 8 if run > 1 else 0
