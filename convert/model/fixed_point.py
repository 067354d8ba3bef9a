"""The fixed-point arithmetic of TFLite's reference kernels, exactly, in Python integers.

Sources: gemmlowp fixedpoint/fixedpoint.h; tensorflow/lite/kernels/internal/quantization_util.cc and common.cc
(double rounding); reference/integer_ops/logistic.h. A float here is a double unless it says float32.
"""

import math

INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1


def quantize_multiplier(real: float) -> tuple[int, int]:
    """(multiplier, shift): real = multiplier / 2^31 * 2^shift, multiplier 0 or 2^30..2^31-1, shift >= -31."""
    if real == 0.0:
        return 0, 0
    fraction, shift = math.frexp(real)
    fixed = round_away(fraction * (1 << 31))
    if fixed == 1 << 31:
        fixed //= 2
        shift += 1
    return (0, 0) if shift < -31 else (fixed, shift)


def round_away(value: float) -> int:
    """To the nearest integer, halves away from zero (C's round)."""
    return math.floor(value + 0.5) if value >= 0 else -math.floor(0.5 - value)


def high_mul(a: int, b: int) -> int:
    """SaturatingRoundingDoublingHighMul: a * b / 2^31 to the nearest, halves upwards."""
    return INT32_MAX if a == b == INT32_MIN else (a * b + (1 << 30)) >> 31


def divide_by_pot(x: int, exponent: int) -> int:
    """RoundingDivideByPOT: x / 2^exponent to the nearest, halves away from zero."""
    mask = (1 << exponent) - 1
    return (x >> exponent) + (1 if (x & mask) > (mask >> 1) + (x < 0) else 0)


def requantize(acc: int, multiplier: int, shift: int) -> int:
    """MultiplyByQuantizedMultiplier; acc << shift has to fit int32 when shift is positive."""
    return divide_by_pot(high_mul(acc << max(shift, 0), multiplier), max(-shift, 0))


def logistic_table(scale: float, zero_point: int) -> bytes:
    """The int8 logistic of every int8 input: entry q + 128 holds the output + 128.

    ``scale`` is the input's, a float32 value. Above the input's radius the output is at its rail; inside, the
    input becomes Q4.27 and gemmlowp's logistic gives Q0.31. The output has scale 1/256, zero point -128.
    """
    multiplier, shift = quantize_multiplier(scale * (1 << 27))
    radius = math.floor(15 * 2.0**27 / 2.0**shift)
    table = bytearray()
    for q in range(-128, 128):
        x = q - zero_point
        if x <= -radius:
            table.append(0)
        elif x >= radius:
            table.append(255)
        else:
            table.append(min(divide_by_pot(_logistic_q0(requantize(x, multiplier, shift)), 23), 255))
    return bytes(table)


def _logistic_q0(a: int) -> int:
    """gemmlowp::logistic: Q4.27 to Q0.31."""
    if a == 0:
        return 1 << 30
    positive = _one_over_one_plus_x(_exp_on_negative_values(-abs(a)))
    return positive if a > 0 else INT32_MAX - positive


_EXP_STEPS = ((-2, 1672461947), (-1, 1302514674), (0, 790015084), (1, 290630308), (2, 39332535), (3, 720401))


def _exp_on_negative_values(a: int) -> int:
    """exp(a), a Q4.27 < 0, as Q0.31: a polynomial on [-1/4, 0), then exp(-2^e) for each bit of the rest."""
    quarter = 1 << 25
    fine = (a & (quarter - 1)) - quarter
    result = _exp_between_quarter_and_0(fine << 4)
    rest = fine - a
    for exponent, factor in _EXP_STEPS:
        if rest & (1 << (27 + exponent)):
            result = high_mul(result, factor)
    return result


def _exp_between_quarter_and_0(a: int) -> int:
    """exp(a), a Q0.31 in [-1/4, 0): the Taylor series around -1/8 to the fourth power."""
    exp_minus_eighth, third = 1895147668, 715827883
    x = a + (1 << 28)
    x2 = high_mul(x, x)
    x3 = high_mul(x2, x)
    x4 = high_mul(x2, x2)
    higher = divide_by_pot(high_mul(divide_by_pot(x4, 2) + x3, third) + x2, 1)
    return exp_minus_eighth + high_mul(exp_minus_eighth, x + higher)


def _one_over_one_plus_x(a: int) -> int:
    """1 / (1 + a), a Q0.31 in [0, 1]: Newton-Raphson in Q2.29."""
    half = (a + INT32_MAX + 1) >> 1
    x = 1515870810 + high_mul(half, -1010580540)
    for _ in range(3):
        step = high_mul(x, (1 << 29) - high_mul(half, x))
        x += _shift_left(step, 2)
    return _shift_left(x, 1)


def _shift_left(x: int, n: int) -> int:
    """SaturatingRoundingMultiplyByPOT for a positive exponent."""
    return min(max(x << n, INT32_MIN), INT32_MAX)
