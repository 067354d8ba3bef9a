"""From a .tflite model to a pack: everything that TFLM's kernels compute in prepare, computed once, here."""

import numpy as np

from .fixed_point import INT32_MAX, INT32_MIN, logistic_table, quantize_multiplier, requantize, round_away
from .pack import Counts, Dense, Features, Pack, Table
from .tflite_model import FullyConnected, Logistic, Model, ModelError


def lower(model: Model, mapping: Features | Counts | None = None) -> Pack:
    """The pack whose int8 results equal TFLM's; ModelError when a layer can leave int32, undefined there."""
    layers: list[Dense | Table] = []
    for number, layer in enumerate(model.layers):
        if isinstance(layer, Logistic):
            layers.append(Table(logistic_table(layer.input.scale, layer.input.zero_point)))
        else:
            layers.append(_dense(layer, number))
    return Pack(model.input.size, model.output.size, tuple(layers), mapping)


def _dense(layer: FullyConnected, number: int) -> Dense:
    weights = layer.weights.astype(np.int64)
    bias = np.zeros(layer.output.size, np.int64) if layer.bias is None else layer.bias.astype(np.int64)
    folded = bias - weights.sum(axis=1) * (layer.input.zero_point + 128)
    pairs = [quantize_multiplier(real) for real in _multipliers(layer)]
    zero = layer.output.zero_point
    low, high = _activation_range(layer)
    _check_bounds(weights, folded, pairs, zero, number)
    return Dense(
        layer.weights,
        folded.astype(np.int32),
        np.array([multiplier for multiplier, _ in pairs], np.int32),
        np.array([shift for _, shift in pairs], np.int8),
        low + 128,
        high + 128,
        zero + 128,
    )


def _multipliers(layer: FullyConnected) -> list[float]:
    """Input scale * weight scale / output scale, as doubles: TFLM has them so for one weight scale, too."""
    return [layer.input.scale * float(scale) / layer.output.scale for scale in layer.scales]


def _activation_range(layer: FullyConnected) -> tuple[int, int]:
    if layer.activation == "NONE":
        return -128, 127
    zero = layer.output.zero_point
    if layer.activation == "RELU":
        return zero, 127
    return zero, min(127, zero + round_away(float(np.float32(6) / np.float32(layer.output.scale))))


def _check_bounds(weights, folded, pairs, zero: int, number: int) -> None:
    """No input may drive an accumulator, its left shift or its result out of int32.

    The extremes are those of folded + sum(w * x), x in 0..255. They bound every partial sum too, since each
    is the accumulator of some input, and the folded bias itself (x = 0).
    """
    lowest = folded + 255 * np.minimum(weights, 0).sum(axis=1)
    highest = folded + 255 * np.maximum(weights, 0).sum(axis=1)
    for j, ends in enumerate(zip(lowest, highest, strict=True)):
        multiplier, shift = pairs[j if len(pairs) > 1 else 0]
        if shift > 30:
            raise ModelError(f"layer {number}, output {j}: a multiplier of 2^30 or more")
        for acc in map(int, ends):
            result = requantize(acc, multiplier, shift) + zero
            if not all(INT32_MIN <= value <= INT32_MAX for value in (acc << max(shift, 0), result)):
                raise ModelError(f"layer {number}, output {j}: can leave int32, which is undefined in TFLM")
