"""Int8 .tflite models written straight into the flatbuffer: any scale, zero point and activation."""

from dataclasses import dataclass, field

import flatbuffers
import numpy as np
import tflite

ACTIVATIONS = {"NONE": 0, "RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3, "TANH": 4}


@dataclass
class Fc:
    """A fully connected layer; scales has one entry or one per output."""

    weights: np.ndarray
    scales: np.ndarray
    bias: np.ndarray | None
    scale: float  # of the output
    zero: int
    activation: str = "NONE"
    weight_zero: int = 0
    extra: dict = field(default_factory=dict)


@dataclass
class Sigmoid:
    """The logistic."""

    scale: float = 1 / 256
    zero: int = -128


@dataclass
class Other:
    """An operator that our interpreter doesn't run."""

    code: int
    scale: float = 1.0
    zero: int = 0


def build(inputs: int, scale: float, zero: int, layers: list, kind: int = tflite.TensorType.INT8) -> bytes:
    """The bytes of a model that takes ``inputs`` values of (scale, zero)."""
    b = flatbuffers.Builder(4096)
    buffers, tensors, operators, codes = [_buffer(b, b"")], [], [], []

    def tensor(shape, number, scales, zeros, buffer=0):
        tensors.append(_tensor(b, shape, number, scales, zeros, buffer))
        return len(tensors) - 1

    def constant(data, shape, number, scales, zeros):
        buffers.append(_buffer(b, data))
        return tensor(shape, number, scales, zeros, len(buffers) - 1)

    last, width, last_scale = tensor([1, inputs], kind, [scale], [zero]), inputs, scale
    first = last
    for layer in layers:
        if isinstance(layer, Fc):
            code, operands = tflite.BuiltinOperator.FULLY_CONNECTED, [last]
            zeros = [layer.weight_zero] * len(layer.scales)
            operands.append(
                constant(layer.weights.astype(np.int8).tobytes(), layer.weights.shape, 9, layer.scales, zeros)
            )
            if layer.bias is not None:
                scales = np.float32(last_scale) * np.asarray(layer.scales, np.float32)
                data = layer.bias.astype("<i4").tobytes()
                operands.append(constant(data, [len(layer.bias)], 2, scales, [0] * len(scales)))
            width = layer.weights.shape[0]
            options = _options(b, ACTIVATIONS[layer.activation])
        else:
            code = layer.code if isinstance(layer, Other) else tflite.BuiltinOperator.LOGISTIC
            operands, options = [last], None
        if code not in codes:
            codes.append(code)
        target = tensor([1, width], kind, [layer.scale], [layer.zero])
        operators.append(_operator(b, codes.index(code), operands, [target], options))
        last, last_scale = target, layer.scale
    return _finish(b, buffers, tensors, operators, codes, first, last)


def _ints(b, values):
    return b.CreateNumpyVector(np.asarray(values, np.int32))


def _buffer(b, data):
    vector = b.CreateByteVector(data) if data else None
    tflite.BufferStart(b)
    if vector is not None:
        tflite.BufferAddData(b, vector)
    return tflite.BufferEnd(b)


def _tensor(b, shape, number, scales, zeros, buffer):
    shape = _ints(b, shape)
    scales = b.CreateNumpyVector(np.asarray(scales, np.float32))
    zeros = b.CreateNumpyVector(np.asarray(zeros, np.int64))
    tflite.QuantizationParametersStart(b)
    tflite.QuantizationParametersAddScale(b, scales)
    tflite.QuantizationParametersAddZeroPoint(b, zeros)
    quantization = tflite.QuantizationParametersEnd(b)
    name = b.CreateString("t")
    tflite.TensorStart(b)
    tflite.TensorAddShape(b, shape)
    tflite.TensorAddType(b, number)
    tflite.TensorAddBuffer(b, buffer)
    tflite.TensorAddName(b, name)
    tflite.TensorAddQuantization(b, quantization)
    return tflite.TensorEnd(b)


def _options(b, activation):
    tflite.FullyConnectedOptionsStart(b)
    tflite.FullyConnectedOptionsAddFusedActivationFunction(b, activation)
    return tflite.FullyConnectedOptionsEnd(b)


def _operator(b, code, inputs, outputs, options):
    inputs, outputs = _ints(b, inputs), _ints(b, outputs)
    tflite.OperatorStart(b)
    tflite.OperatorAddOpcodeIndex(b, code)
    tflite.OperatorAddInputs(b, inputs)
    tflite.OperatorAddOutputs(b, outputs)
    if options is not None:
        tflite.OperatorAddBuiltinOptionsType(b, tflite.BuiltinOptions.FullyConnectedOptions)
        tflite.OperatorAddBuiltinOptions(b, options)
    return tflite.OperatorEnd(b)


def _offsets(b, start, items):
    start(b, len(items))
    for item in reversed(items):
        b.PrependUOffsetTRelative(item)
    return b.EndVector()


def _finish(b, buffers, tensors, operators, codes, first, last):
    tensors = _offsets(b, tflite.SubGraphStartTensorsVector, tensors)
    operators = _offsets(b, tflite.SubGraphStartOperatorsVector, operators)
    inputs, outputs = _ints(b, [first]), _ints(b, [last])
    tflite.SubGraphStart(b)
    tflite.SubGraphAddTensors(b, tensors)
    tflite.SubGraphAddInputs(b, inputs)
    tflite.SubGraphAddOutputs(b, outputs)
    tflite.SubGraphAddOperators(b, operators)
    graph = tflite.SubGraphEnd(b)
    entries = []
    for code in codes:
        tflite.OperatorCodeStart(b)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(code, 127))
        tflite.OperatorCodeAddBuiltinCode(b, code)
        tflite.OperatorCodeAddVersion(b, 1)
        entries.append(tflite.OperatorCodeEnd(b))
    codes = _offsets(b, tflite.ModelStartOperatorCodesVector, entries)
    graphs = _offsets(b, tflite.ModelStartSubgraphsVector, [graph])
    buffers = _offsets(b, tflite.ModelStartBuffersVector, buffers)
    tflite.ModelStart(b)
    tflite.ModelAddVersion(b, 3)
    tflite.ModelAddOperatorCodes(b, codes)
    tflite.ModelAddSubgraphs(b, graphs)
    tflite.ModelAddBuffers(b, buffers)
    b.Finish(tflite.ModelEnd(b), b"TFL3")
    return bytes(b.Output())
