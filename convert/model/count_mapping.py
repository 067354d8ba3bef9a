"""The models that the gate guards: anyone's int8 .tflite over a window of one channel."""

import math

from motegate.firmware.errors import InputError

from .pack import Counts
from .tflite_model import Tensor

LARGEST_MULT = 32767
LARGEST_BIAS = (1 << 30) - 1
LARGEST_SHIFT = 30


def count_mapping(middle: float, resolution: float, tensor: Tensor) -> Counts:
    """From counts of a channel (value = middle + count * resolution) to ``tensor``'s quantization.

    q = (count * mult + bias) >> shift, the half that rounds is in the bias. The shift is the largest that
    keeps mult within 15 bits and the bias within 2^30, so that every intermediate fits int32.

    >>> count_mapping(5.0, 0.001, Tensor(64, 10 / 255, -128))
    Counts(bias=0, mult=26739, shift=20)
    """
    slope = resolution / tensor.scale
    offset = middle / tensor.scale + tensor.zero_point + 0.5
    for shift in range(LARGEST_SHIFT, -1, -1):
        mult, bias = round(math.ldexp(slope, shift)), math.floor(math.ldexp(offset, shift))
        if mult <= LARGEST_MULT and abs(bias) <= LARGEST_BIAS:
            return Counts(bias, mult, shift)
    raise InputError(
        f"the model's input scale {tensor.scale:g} is too fine for counts of {resolution:g} around {middle:g}: "
        "quantize it over the channel's range"
    )
