"""Reading .tflite files: what our interpreter runs is read whole, everything else is refused by name."""

import numpy as np
import pytest
import tflite
from hypothesis import given, settings
from hypothesis import strategies as st
from motegate.convert.model import tflite_model
from motegate.convert.model.lower import lower
from motegate.convert.model.tflite_model import ModelError

from ..models import Fc, Other, Sigmoid, build
from ..random_models import Draw

pytestmark = pytest.mark.unit
WEIGHTS = np.arange(6).reshape(2, 3)


def layer(**changes):
    fields = {"weights": WEIGHTS, "scales": np.array([0.5]), "bias": np.array([1, -2]), "scale": 0.25, "zero": 3}
    return Fc(**{**fields, **changes})


def test_a_model_is_read_with_its_weights_biases_and_quantization():
    model = tflite_model.parse(build(3, 0.1, -5, [layer(activation="RELU6"), Sigmoid()]))
    first, last = model.layers
    assert first.input == tflite_model.Tensor(3, float(np.float32(0.1)), -5)
    assert first.output == tflite_model.Tensor(2, 0.25, 3)
    assert (first.weights == WEIGHTS).all()
    assert first.bias.tolist() == [1, -2]
    assert first.activation == "RELU6"
    assert last.output == tflite_model.Tensor(2, 1 / 256, -128)
    assert (model.macs, model.parameters) == (6, 8)
    assert model.operators == ("FullyConnected", "Logistic")


REFUSED = {
    "operator SOFTMAX": [layer(), Other(tflite.BuiltinOperator.SOFTMAX)],
    "operator CONV_2D, RESHAPE": [
        Other(tflite.BuiltinOperator.CONV_2D),
        layer(),
        Other(tflite.BuiltinOperator.RESHAPE),
    ],
    "FULLY_CONNECTED with TANH": [layer(activation="TANH")],
    "FULLY_CONNECTED with RELU_N1_TO_1": [layer(activation="RELU_N1_TO_1")],
    "weights with a zero point other than 0": [layer(weight_zero=1)],
    "weights of shape": [layer(weights=np.ones((2, 4)))],
    "a bias of shape": [layer(bias=np.array([1, 2, 3]))],
    "weights quantized along another dimension": [layer(scales=np.array([0.1, 0.2, 0.3]))],
    "has no scale": [layer(scales=np.array([0.0]))],
    "one int8 zero point": [layer(zero=200)],
    "a LOGISTIC whose output is not of scale 1/256": [layer(), Sigmoid(scale=1 / 128)],
    "and zero point -128": [layer(), Sigmoid(zero=0)],
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_the_interpreter_does_not_run_is_refused_with(reason):
    with pytest.raises(ModelError, match=reason) as refused:
        tflite_model.parse(build(3, 0.1, 0, REFUSED[reason]), "mine.tflite")
    assert len(refused.value.lines) == 1
    assert refused.value.lines[0].startswith("mine.tflite: ")
    assert "allowed: a chain of FULLY_CONNECTED" in refused.value.lines[0]


@pytest.mark.parametrize("kind", ["FLOAT32", "UINT8", "INT16"])
def test_another_type_than_int8_is_refused_by_name(kind):
    data = build(3, 0.1, 0, [Sigmoid()], getattr(tflite.TensorType, kind))
    with pytest.raises(ModelError, match=f"an activation is {kind}, needed is INT8"):
        tflite_model.parse(data)


def test_a_model_that_can_leave_int32_is_refused():
    bias = np.array([2**31 - 1, 0])
    with pytest.raises(ModelError, match="layer 0, output 0: can leave int32"):
        lower(tflite_model.parse(build(3, 0.1, 0, [layer(bias=bias)])))
    with pytest.raises(ModelError, match=r"layer 0, output 0: a multiplier of 2\^30 or more"):
        lower(tflite_model.parse(build(3, 1e6, 0, [layer(scale=1e-6)])))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"none\.tflite: No such file"):
        tflite_model.read(tmp_path / "none.tflite")


@pytest.mark.parametrize("data", [b"", b"nothing", b"\0" * 400, b"MGP1" * 30])
def test_a_file_that_is_no_tflite_is_refused(data):
    with pytest.raises(ModelError, match=r"not a \.tflite file"):
        tflite_model.parse(data)


@pytest.mark.property
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_damaged_file_gives_a_model_or_one_clear_error(data):
    whole = bytearray(Draw(data.draw(st.integers(0, 3)), rows=1).data)
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(8, len(whole) - 1))] = data.draw(st.integers(0, 255))
    whole = bytes(whole[: data.draw(st.one_of(st.just(len(whole)), st.integers(8, len(whole))))])
    try:
        lower(tflite_model.parse(whole))
    except ModelError as error:
        assert len(error.lines) == 1  # noqa: PT017
