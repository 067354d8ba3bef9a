"""The quantization of a model's input, set without asking the converter for it.

The converter takes it from the rows that it is shown. Rows at the rails would give the right one and at the same
time stretch every later range to what such rows cause, which nothing near the threshold needs.
"""

import struct

import numpy as np

from .tflite_model import FullyConnected, ModelError, parse

SCALE_FIELD, ZERO_POINT_FIELD = 8, 10  # of QuantizationParameters, in the flatbuffer's vtable


def set_input(data: bytes, scale: float, zero_point: int, name: str = "model") -> bytes:
    """``data`` with its input at (scale, zero_point), and the first layer's bias in the new unit.

    That is what the converter writes for an input of that range, to the rounding of the bias (a 2^-8 of one
    accumulator's step or less): weights and the output's quantization don't depend on the input's.
    """
    from tflite import Model

    first = parse(data, name).layers[0]
    if not isinstance(first, FullyConnected):
        raise ModelError(f"{name}: the first layer is no FULLY_CONNECTED")
    edited = bytearray(data)
    model = Model.GetRootAs(edited)
    graph = model.Subgraphs(0)
    operator = graph.Operators(0)
    _put(edited, graph.Tensors(operator.Inputs(0)), [scale], [zero_point])
    if first.bias is not None:
        ratio = first.input.scale / scale
        bias = np.round(first.bias.astype(np.float64) * ratio).astype("<i4")
        tensor = graph.Tensors(operator.Inputs(2))
        _put(edited, tensor, np.float32(scale) * first.scales, [0] * first.scales.size)
        buffer = model.Buffers(tensor.Buffer())
        at = buffer._tab.Vector(buffer._tab.Offset(4))
        edited[at : at + bias.nbytes] = bias.tobytes()
    return bytes(edited)


def _put(edited: bytearray, tensor, scales, zero_points) -> None:
    """Overwrites a tensor's quantization in place."""
    table = tensor.Quantization()._tab
    for field, form, values in ((SCALE_FIELD, "<f", scales), (ZERO_POINT_FIELD, "<q", zero_points)):
        offset = table.Offset(field)
        if offset == 0 or table.VectorLen(offset) != len(values):
            raise ModelError("a tensor without its quantization")
        for i, value in enumerate(values):
            struct.pack_into(form, edited, table.Vector(offset) + i * struct.calcsize(form), value)
