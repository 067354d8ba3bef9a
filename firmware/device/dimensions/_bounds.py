"""Bounds on status fields: what every status dimension measures."""

from ..layout import FIELD_COUNT, FIELD_HIGH, FIELD_LOW, FIELD_STRIDE, FIELD_VALUE, FIELDS, MISSING_STATUS


def measure(stats, at, reference, base):
    """How far the worst field lies outside its bounds, in the field's unit; a missing field gives 2**29.

    ``at``: where the dimension's block of fields begins (layout.py); values and bounds lie within +-2**30.
    """
    worst = 0
    here = at + FIELDS
    end = here + FIELD_STRIDE * stats[at + FIELD_COUNT]
    while here < end:
        value = stats[here + FIELD_VALUE]
        low = stats[here + FIELD_LOW]
        high = stats[here + FIELD_HIGH]
        if value == MISSING_STATUS:
            return 536870912
        # halves first: the difference of two 31-bit integers would not fit
        if value < low:
            away = (low >> 1) - (value >> 1)
            away = 536870912 if away > 268435455 else low - value
        elif value > high:
            away = (value >> 1) - (high >> 1)
            away = 536870912 if away > 268435455 else value - high
        else:
            away = 0
        if away > worst:
            worst = away
        here += FIELD_STRIDE
    return worst
