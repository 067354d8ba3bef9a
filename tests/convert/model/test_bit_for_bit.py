"""Our interpreter against TensorFlow Lite Micro's reference kernels, bit for bit."""

import numpy as np
import pytest
from motegate.convert import infer
from motegate.convert.model import pack, tflite_model
from motegate.convert.model.fixed_point import logistic_table, quantize_multiplier
from motegate.convert.model.lower import lower

from ..models import Fc, Sigmoid, build
from ..random_models import Draw

pytest.importorskip("tflite_micro", reason="no TFLM here: pip install 'motegate[train]' (Linux x86-64)")

pytestmark = pytest.mark.oracle
MODELS = 200


def tflm(data: bytes, rows: np.ndarray) -> np.ndarray:
    from motegate.convert.model.oracle import Micro

    return Micro(data).run(rows)


def packed(data: bytes) -> bytes:
    return pack.write(lower(tflite_model.parse(data)))


@pytest.fixture(scope="module")
def drawn():
    draws = [Draw(seed) for seed in range(MODELS)]
    return draws, [tflm(draw.data, draw.inputs) for draw in draws]


@pytest.mark.device
@pytest.mark.parametrize("vm", ["micropython", "cpython"])
def test_random_models_equal_tflm_in_every_byte(drawn, vm):
    draws, expected = drawn
    got = infer.run([(packed(draw.data), draw.inputs) for draw in draws], vm)
    assert sum(result.size for result in expected) >= 20_000
    assert sum(int((a != b).sum()) for (a, _), b in zip(got, expected, strict=True)) == 0


def test_random_models_hold_every_variant_and_few_outputs_at_a_rail(drawn):
    draws, expected = drawn
    dense = [layer for draw in draws for layer in draw.layers if isinstance(layer, Fc)]
    variants = {
        "per channel": sum(len(layer.scales) > 1 for layer in dense),
        "per tensor": sum(len(layer.scales) == 1 for layer in dense),
        "no bias": sum(layer.bias is None for layer in dense),
        "relu": sum(layer.activation == "RELU" for layer in dense),
        "relu6": sum(layer.activation == "RELU6" for layer in dense),
        "no activation": sum(layer.activation == "NONE" for layer in dense),
        "logistic": sum(isinstance(draw.layers[-1], Sigmoid) for draw in draws),
        "left shift": sum(
            int((layer.shifts > 0).any())
            for draw in draws
            for layer in lower(tflite_model.parse(draw.data)).layers
            if isinstance(layer, pack.Dense)
        ),
    }
    assert min(variants.values()) >= 20, variants
    values = np.concatenate([result.ravel() for result in expected])
    assert np.isin(values, (-128, 127)).mean() <= 0.20
    assert sum((result == result[0]).all() for result in expected) <= MODELS // 20


def test_the_logistic_equals_tflm_for_every_input_over_many_scales_and_zero_points():
    rng = np.random.default_rng(8)
    every = np.arange(-128, 128).astype(np.int8)[None]
    scales = [*np.float32(10 ** rng.uniform(-5, 1.5, 300)), *np.float32(2.0 ** np.arange(-12, 5))]
    for scale in map(float, scales):
        zero = int(rng.integers(-128, 128))
        table = np.frombuffer(logistic_table(scale, zero), np.uint8).astype(int) - 128
        assert (table == tflm(build(256, scale, zero, [Sigmoid()]), every)[0]).all(), (scale, zero)


@pytest.mark.device
def test_accumulators_and_biases_at_int32s_ends_equal_tflm():
    ends = []
    for weight in (-128, -127, 127):
        for zero in (-128, 0, 127):
            weights = np.full((6, 64), weight)
            reach = 255 * 64 * 128
            bias = np.array([2**31 - 1 - reach, reach - 2**31, 2**30, -(2**30), 0, 1])
            for scale in (1e-3, 0.49, 0.5, 0.999, 1e-9):  # multipliers of all sizes, results that saturate
                ends.append(build(64, 1.0, zero, [Fc(weights, np.array([scale]), bias, 1.0, -zero // 2)]))
    rows = np.vstack([np.full((1, 64), value) for value in (-128, 127, 0)]).astype(np.int8)
    for data, (got, _) in zip(ends, infer.run([(packed(data), rows) for data in ends]), strict=True):
        assert (got == tflm(data, rows)).all()


@pytest.mark.device
def test_a_sum_that_the_last_bit_of_a_multiplier_decides_equals_tflm():
    """A layer with one weight scale: a float32 product of the scales would round these sums to the other side."""
    rng = np.random.default_rng(9)
    sums = np.arange(-30_000, 30_000)
    decided = []
    for _ in range(400):
        scale, weight, out = (np.float32(rng.uniform(*span)) for span in ((0.005, 0.02), (0.005, 0.02), (0.01, 0.05)))
        exact, short = (
            quantize_multiplier(product / float(out))
            for product in (float(scale) * float(weight), float(scale * weight))
        )
        if exact[1] == short[1] <= 0:
            apart = sums[_requantized(sums, *exact) != _requantized(sums, *short)][:1]
            apart = apart[np.abs(_requantized(apart, *exact)) < 120]
            decided += [
                build(1, float(scale), -128, [Fc(np.array([[1]]), np.array([weight]), np.array([a]), float(out), 0)])
                for a in apart.tolist()
            ]
    assert len(decided) >= 10
    row = np.array([[-128]], np.int8)
    for data, (got, _) in zip(decided, infer.run([(packed(data), row) for data in decided]), strict=True):
        assert (got == tflm(data, row)).all()


def _requantized(sums: np.ndarray, multiplier: int, shift: int) -> np.ndarray:
    """Twofold rounding, vectorised, of a multiplier without a left shift."""
    high = (sums * multiplier + (1 << 30)) >> 31
    mask = (1 << -shift) - 1
    return (high >> -shift) + ((high & mask) > ((mask >> 1) + (high < 0)))


@pytest.fixture(scope="module")
def keras_models():
    """What TensorFlow's own converter writes: per channel, per tensor, ReLU6, no bias."""
    tf = pytest.importorskip("tensorflow", reason="no TensorFlow here: pip install 'motegate[train]'")
    from motegate.train.capture_output import capture_output

    dense = tf.keras.layers.Dense
    stacks = [
        [dense(16, activation="relu"), dense(8, activation="relu"), dense(1, activation="sigmoid")],
        [dense(20), tf.keras.layers.ReLU(6.0), dense(5, use_bias=False), dense(3)],
        [dense(1, activation="sigmoid")],
    ]
    rng = np.random.default_rng(0)
    found = []
    for number, stack in enumerate(stacks):
        tf.keras.utils.set_random_seed(number)
        model = tf.keras.Sequential([tf.keras.Input((12,)), *stack])
        rows = rng.uniform(-1, 1, (50, 12)).astype(np.float32)
        for per_tensor in (False, True):
            with capture_output():
                converter = tf.lite.TFLiteConverter.from_keras_model(model)
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
                converter.representative_dataset = lambda rows=rows: ([row[None]] for row in rows)
                converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
                converter.inference_input_type = converter.inference_output_type = tf.int8
                converter._experimental_disable_per_channel = per_tensor
                converter._experimental_disable_per_channel_quantization_for_dense_layers = per_tensor
                found.append(converter.convert())
    return found


@pytest.mark.device
def test_models_of_the_keras_converter_equal_tflm(keras_models):
    rows = np.random.default_rng(1).integers(-128, 128, (500, 12)).astype(np.int8)
    got = infer.run([(packed(data), rows) for data in keras_models])
    for data, (result, _) in zip(keras_models, got, strict=True):
        assert (result == tflm(data, rows)).all()


def test_models_of_the_keras_converter_are_per_channel_and_per_tensor(keras_models):
    scales = [tflite_model.parse(data).layers[0].scales.size for data in keras_models]
    assert scales == [16, 1, 20, 1, 1, 1]
