"""Fixed-point pieces that several dimensions share; every intermediate stays below 2**30."""


def ratio(top, bottom, shift):
    """round(top * 2**shift / bottom), saturating at 2**29; top <= 2**29, 0 < bottom <= 2**27, shift <= 9.

    Division first, so that the product never passes 2**30: top >= 0.
    """
    whole = top // bottom
    if whole >> (29 - shift):
        return 536870912
    rest = top - whole * bottom
    # rest < bottom <= 2**27: nine bits would pass 2**30, so they are taken three at a time
    part = 0
    left = shift
    while left > 0:
        step = 3 if left > 3 else left
        rest <<= step
        digit = rest // bottom
        rest -= digit * bottom
        part = (part << step) + digit
        left -= step
    if 2 * rest >= bottom:
        part += 1
    return (whole << shift) + part


def mean_q8(total, n):
    """round(256 * total / n) for |total| <= 2**29 and 0 < n <= 1024: signed, half away from zero."""
    if total < 0:
        return -ratio(-total, n, 8)
    return ratio(total, n, 8)
