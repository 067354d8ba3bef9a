"""Relevancy: distance of the window's distribution from the reference's.

measure = first Wasserstein distance over the sixteen bins that lie on the followed band (eight inside it, four on
each side), in bins, Q15, at most 15 * 2**15. The smallest limit is a quarter of a bin. Source: Vallender 1974, the
distance of two distributions on a line is the area between their cumulative ones.
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
        # held <= 1024: the product with 2**15 stays below 2**26
        away = ((held << 15) + (n >> 1)) // n - reference[share]
        total += away if away >= 0 else -away
        bin += 1
        share += 1
    return total
