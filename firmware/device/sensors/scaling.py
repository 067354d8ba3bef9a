"""A converter's raw reading into a count of the policy, with a multiplier of 28 bits in halves of 14.

count = (raw * high + (raw * low >> 14) + bias) >> shift, saturating at +-32767. convert/bundle.py chooses the
numbers from scale, offset, middle and resolution so that every step stays below 2^30 for any |raw| <= 2^16:
|high| < 2^13, 0 <= low < 2^14, |bias| < 2^28.
"""


def count(raw, high, low, shift, bias):
    value = (raw * high + (raw * low >> 14) + bias) >> shift
    if value > 32767:
        return 32767
    if value < -32767:
        return -32767
    return value
