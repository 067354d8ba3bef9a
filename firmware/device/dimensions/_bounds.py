"""Bounds on status fields: what every status dimension measures."""

from ..layout import MISSING_STATUS


def measure(s, c, r, b):
    """How far the worst field lies outside its bounds, in the field's unit; a missing field gives 2**29.

    ``s[c]`` is the number of fields; value, low and high of each follow, all within +-2**30.
    """
    worst = 0
    at = c + 1
    end = at + 3 * s[c]
    while at < end:
        value = s[at]
        if value == MISSING_STATUS:
            return 536870912
        # halves first: the difference of two 31-bit integers would not fit
        if value < s[at + 1]:
            away = (s[at + 1] >> 1) - (value >> 1)
            away = 536870912 if away > 268435455 else s[at + 1] - value
        elif value > s[at + 2]:
            away = (value >> 1) - (s[at + 2] >> 1)
            away = 536870912 if away > 268435455 else value - s[at + 2]
        else:
            away = 0
        if away > worst:
            worst = away
        at += 3
    return worst
