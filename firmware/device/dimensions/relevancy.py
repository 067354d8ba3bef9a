"""Relevancy: distance of the window's distribution from the reference's.

measure = first Wasserstein distance over the sixteen bins that lie on the followed band, an eighth of its width each,
in bins, Q15, at most 15 * 2**15. A sample between the middles of two bins is part of both, linearly, so that what
dwells at one place does not leap from bin to bin as the band moves. The smallest limit is a quarter of a bin. Sources:
Vallender 1974, the distance of two distributions on a line is the area between their cumulative ones; linear binning,
Jones and Lotwick 1984.
"""

from ..layout import BIN_COUNT, BINS, SHARES, VALID

SCOPE = "channel"
UNIT = "bin"
ONE = 32768
FLOOR = 8192
LIMIT = "late"


def measure(stats, at, reference, base):
    n = stats[at + VALID]
    if n == 0:
        return 0
    total = held = 0
    bin = at + BINS
    share = base + SHARES
    end = bin + BIN_COUNT - 1
    while bin < end:
        held += stats[bin]
        # held <= 2**14: the product with 2**11 stays below 2**26
        away = ((held << 11) + (n >> 1)) // n - reference[share]
        total += away if away >= 0 else -away
        bin += 1
        share += 1
    return total
