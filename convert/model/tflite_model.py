"""A .tflite file of fully connected layers and logistics, read without TensorFlow."""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.firmware.errors import InputError

ALLOWED = "allowed: a chain of FULLY_CONNECTED (none, RELU or RELU6 fused) and LOGISTIC, int8, batch 1"


class ModelError(InputError):
    """A model that our interpreter doesn't run, or a file that is no model."""


@dataclass(frozen=True)
class Tensor:
    """int8[size], real = (q - zero_point) * scale; scale is a float32 value."""

    size: int
    scale: float
    zero_point: int


@dataclass(frozen=True)
class FullyConnected:
    """weights int8[n_out, n_in], zero point 0; scales float32[1] or [n_out]; bias int32[n_out] or None."""

    input: Tensor
    output: Tensor
    weights: np.ndarray
    scales: np.ndarray
    bias: np.ndarray | None
    activation: str  # NONE, RELU or RELU6


@dataclass(frozen=True)
class Logistic:
    """int8 to int8 of scale 1/256, zero point -128."""

    input: Tensor
    output: Tensor


@dataclass(frozen=True)
class Model:
    """A chain of layers; each one's input is the output of the one before."""

    layers: tuple[FullyConnected | Logistic, ...]
    size: int  # bytes of the file

    @property
    def input(self) -> Tensor:
        return self.layers[0].input

    @property
    def output(self) -> Tensor:
        return self.layers[-1].output

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(layer.weights.size for layer in self.layers if isinstance(layer, FullyConnected))

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        biases = (layer.bias for layer in self.layers if isinstance(layer, FullyConnected))
        return self.macs + sum(bias.size for bias in biases if bias is not None)

    @property
    def accumulator_scale(self) -> float:
        """What one step of the last fully connected layer's first accumulator stands for."""
        last = next(layer for layer in reversed(self.layers) if isinstance(layer, FullyConnected))
        return last.input.scale * float(last.scales[0])

    @property
    def operators(self) -> tuple[str, ...]:
        """The distinct operators, as TFLM's resolver names them, in order of first use."""
        return tuple(dict.fromkeys(type(layer).__name__ for layer in self.layers))


def read(path: Path) -> Model:
    """The model in the file; ModelError says what in it our interpreter doesn't run."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from error
    return parse(data, str(path))


def parse(data: bytes, name: str = "model") -> Model:
    """The model in ``data``; ``name`` begins every message."""
    from tflite import Model as Flat

    if len(data) < 8 or data[4:8] != b"TFL3":
        raise ModelError(f"{name}: not a .tflite file (no TFL3 at byte 4)")
    try:
        return _Reader(Flat.GetRootAs(data), name).model(len(data))
    except ModelError:
        raise
    except (struct.error, LookupError, TypeError, AttributeError, OverflowError, ValueError) as error:
        raise ModelError(f"{name}: a damaged .tflite file ({error})") from error


def _names(enumeration: type) -> dict[int, str]:
    return {value: key for key, value in vars(enumeration).items() if not key.startswith("_")}


class _Reader:
    """Walks the flatbuffer; everything that it doesn't know is refused by name."""

    def __init__(self, flat, name: str):
        self.flat = flat
        self.name = name

    def refuse(self, what: str):
        raise ModelError(f"{self.name}: {what}; {ALLOWED}")

    def model(self, size: int) -> Model:
        if self.flat.SubgraphsLength() != 1:
            self.refuse(f"{self.flat.SubgraphsLength()} subgraphs")
        graph = self.graph = self.flat.Subgraphs(0)
        operators = [graph.Operators(i) for i in range(graph.OperatorsLength())]
        codes = [self._operator(op) for op in operators]
        unknown = dict.fromkeys(code for code in codes if code not in ("FULLY_CONNECTED", "LOGISTIC"))
        if unknown:
            self.refuse(f"operator {', '.join(unknown)}")
        if not operators or graph.InputsLength() != 1 or graph.OutputsLength() != 1:
            self.refuse("not one input and one output")
        layers = []
        last = graph.Inputs(0)
        for code, op in zip(codes, operators, strict=True):
            if op.InputsLength() < 1 or op.Inputs(0) != last or op.OutputsLength() != 1:
                self.refuse("the operators are no chain")
            last = op.Outputs(0)
            layers.append(self._fully_connected(op) if code == "FULLY_CONNECTED" else self._logistic(op))
        if last != graph.Outputs(0):
            self.refuse("the operators are no chain")
        return Model(tuple(layers), size)

    def _operator(self, op) -> str:
        from tflite import BuiltinOperator

        code = self.flat.OperatorCodes(op.OpcodeIndex())
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        found = _names(BuiltinOperator).get(number, str(number))
        return f"CUSTOM {code.CustomCode().decode()}" if found == "CUSTOM" and code.CustomCode() else found

    def _tensor(self, index: int):
        if not 0 <= index < self.graph.TensorsLength():
            self.refuse(f"no tensor {index}")
        return self.graph.Tensors(index)

    def _typed(self, index: int, kind: str, what: str):
        from tflite import TensorType

        tensor = self._tensor(index)
        found = _names(TensorType).get(tensor.Type(), str(tensor.Type()))
        if found != kind:
            self.refuse(f"{what} is {found}, needed is {kind}")
        return tensor

    def _quantization(self, tensor, what: str) -> tuple[np.ndarray, np.ndarray]:
        q = tensor.Quantization()
        scales = np.zeros(0) if q is None or q.ScaleLength() == 0 else np.asarray(q.ScaleAsNumpy(), np.float32)
        if scales.size == 0 or not np.all(np.isfinite(scales) & (scales > 0)):
            self.refuse(f"{what} has no scale")
        zeros = [q.ZeroPoint(i) for i in range(q.ZeroPointLength())] or [0]
        return scales, np.array(zeros, np.int64)

    def _activations(self, index: int) -> Tensor:
        tensor = self._typed(index, "INT8", "an activation")
        scales, zeros = self._quantization(tensor, "an activation")
        if scales.size != 1 or zeros.size != 1 or not -128 <= zeros[0] <= 127:
            self.refuse("an activation's quantization is not one scale and one int8 zero point")
        shape = [tensor.Shape(i) for i in range(tensor.ShapeLength())]
        if not shape or min(shape) < 1 or (len(shape) > 1 and shape[0] != 1):
            self.refuse(f"an activation of shape {shape}")
        return Tensor(int(np.prod(shape)), float(scales[0]), int(zeros[0]))

    def _constant(self, tensor, what: str, kind: str) -> np.ndarray:
        buffer = self.flat.Buffers(tensor.Buffer())
        raw = buffer.DataAsNumpy() if buffer.DataLength() else np.zeros(0, np.uint8)
        shape = [tensor.Shape(i) for i in range(tensor.ShapeLength())]
        values = np.frombuffer(raw.tobytes(), kind)
        if not shape or values.size != np.prod(shape):
            self.refuse(f"{what} is not constant")
        return values.reshape(shape).copy()

    def _fully_connected(self, op) -> FullyConnected:
        from tflite import ActivationFunctionType, FullyConnectedOptions

        options = FullyConnectedOptions()
        if op.BuiltinOptions() is not None:
            options.Init(op.BuiltinOptions().Bytes, op.BuiltinOptions().Pos)
        fused = options.FusedActivationFunction() if op.BuiltinOptions() is not None else 0
        activation = _names(ActivationFunctionType).get(fused, str(fused))
        if activation not in ("NONE", "RELU", "RELU6"):
            self.refuse(f"FULLY_CONNECTED with {activation}")
        if op.BuiltinOptions() is not None and options.WeightsFormat() != 0:
            self.refuse("FULLY_CONNECTED with shuffled weights")
        source, target = self._activations(op.Inputs(0)), self._activations(op.Outputs(0))
        tensor = self._typed(op.Inputs(1), "INT8", "a weight tensor")
        weights = self._constant(tensor, "a weight tensor", "i1")
        scales, zeros = self._quantization(tensor, "a weight tensor")
        if weights.ndim != 2 or weights.shape != (target.size, source.size):
            self.refuse(f"weights of shape {weights.shape} between {source.size} and {target.size} values")
        if scales.size > 1 and (scales.size != target.size or tensor.Quantization().QuantizedDimension() != 0):
            self.refuse("weights quantized along another dimension than the output")
        if np.any(zeros != 0):
            self.refuse("weights with a zero point other than 0")
        bias = None
        if op.InputsLength() > 2 and op.Inputs(2) >= 0:
            bias = self._constant(self._typed(op.Inputs(2), "INT32", "a bias"), "a bias", "<i4")
            if bias.shape != (target.size,):
                self.refuse(f"a bias of shape {bias.shape} for {target.size} outputs")
        return FullyConnected(source, target, weights, scales, bias, activation)

    def _logistic(self, op) -> Logistic:
        layer = Logistic(self._activations(op.Inputs(0)), self._activations(op.Outputs(0)))
        if layer.output.zero_point != -128 or layer.output.scale != 1 / 256:
            self.refuse("a LOGISTIC whose output is not of scale 1/256 and zero point -128")
        if layer.input.size != layer.output.size:
            self.refuse("a LOGISTIC that changes its size")
        return layer
