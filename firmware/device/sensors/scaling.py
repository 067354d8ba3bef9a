"""A raw reading into a count of the policy: count = floor(a * raw + b) with ``a`` in two halves.

count = (raw * high + (raw * low >> split) + bias) >> shift, saturating at +-32767. convert/bundle/sensors.py chooses
the numbers so that each step stays within 2^30: |raw * high| < 2^29, |raw| * 2^split <= 2^30, low < 2^split,
|bias| < 2^28; a raw reading has at most 20 bits.
"""

from ..compat import micropython


@micropython.native
def count(raw, high, low, split, shift, bias):
    value = (raw * high + (raw * low >> split) + bias) >> shift
    if value > 32767:
        return 32767
    if value < -32767:
        return -32767
    return value
