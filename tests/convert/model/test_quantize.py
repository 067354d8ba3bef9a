"""From a Keras classifier to int8: the door, the windows shown to the converter, the model taken."""

import numpy as np
import pytest
from motegate.convert import infer
from motegate.convert.model import pack, quantize, tflite_model
from motegate.convert.model.input_quantization import set_input
from motegate.convert.model.lower import lower
from motegate.convert.model.tflite_model import ModelError, Tensor
from motegate.firmware.errors import InputError

from ..models import Fc, Sigmoid, build


def run(data: bytes, rows: np.ndarray) -> np.ndarray:
    return infer.run([(pack.write(lower(tflite_model.parse(data))), rows)], "cpython")[0][0]


@pytest.mark.unit
@pytest.mark.parametrize("outputs", [1, 4])
@pytest.mark.parametrize("biased", [True, False])
def test_a_door_set_anew_leaves_the_model_what_it_computes(outputs, biased):
    rng = np.random.default_rng(outputs)
    weights, scales = rng.integers(-127, 128, (outputs, 5)), rng.uniform(0.001, 0.002, outputs)
    bias = rng.integers(-20_000, 20_000, outputs) if biased else None
    before = build(5, 1 / 200, 20, [Fc(weights, scales, bias, 0.01, 3)])
    after = set_input(before, 1 / 128, 0)
    model = tflite_model.parse(after)
    assert model.input == Tensor(5, 1 / 128, 0)
    assert model.layers[0].output == Tensor(outputs, float(np.float32(0.01)), 3)
    values = rng.uniform(-0.5, 0.5, (200, 5))  # within both ranges
    old = run(before, np.clip(np.round(values * 200) + 20, -128, 127).astype(np.int8)).astype(int)
    new = run(after, np.round(values * 128).astype(np.int8)).astype(int)
    assert np.abs(old - new).max() <= 3
    real = values @ (weights * scales[:, None]).T + (0 if bias is None else bias * scales / 200)
    assert np.abs(new - np.clip(real / 0.01 + 3, -128, 127)).max() <= 3


@pytest.mark.unit
def test_a_model_that_begins_with_another_layer_has_no_door_to_set():
    with pytest.raises(ModelError, match="the first layer is no FULLY_CONNECTED"):
        set_input(build(5, 0.1, 0, [Sigmoid()]), 1 / 128, 0)


@pytest.mark.unit
def test_the_windows_shown_lie_within_the_span_or_are_the_nearest():
    certain = np.linspace(-20, 20, 5001)
    shown = certain[quantize.representative(certain, 5.0)]
    assert len(shown) == quantize.ROWS
    assert np.abs(shown).max() <= 5.0
    nearest = certain[quantize.representative(certain, 0.1)]
    assert len(nearest) == quantize.FEW
    assert len(quantize.representative(certain[:7], 3.0)) == 7
    assert len(quantize.representative(certain, np.inf)) == quantize.ROWS


@pytest.mark.unit
def test_a_ladder_raises_one_feature_at_a_time_over_its_whole_range():
    base = np.array([-128, 5, -100], np.int8)
    rows = quantize.ladder(base)
    assert ((rows != base).sum(axis=1) <= 1).all()
    for j in range(3):
        raised = rows[(rows == base)[:, [i for i in range(3) if i != j]].all(axis=1)][:, j]
        assert (raised.min(), raised.max()) == (-128, 127)


@pytest.mark.unit
def test_logits_of_scores_are_those_of_the_probability():
    assert quantize.logits(np.array([0.0])) == pytest.approx([0.0])
    assert quantize.logits(np.array([-128.0, 128.0])).tolist() == [-np.inf, np.inf]


@pytest.fixture(scope="module")
def steep(tmp_path_factory):
    """A model that goes from surely good to surely bad within a few steps of a feature, and its file."""
    pytest.importorskip("tensorflow", reason="pip install 'motegate[train]'")
    from motegate.train.model.network import build as network

    path = tmp_path_factory.mktemp("steep") / "steep.keras"
    model = network(3)
    rng = np.random.default_rng(0)
    model.set_weights([np.abs(rng.normal(0.5, 0.3, w.shape)) if w.ndim == 2 else w + 0.3 for w in model.get_weights()])
    kernel, _ = model.layers[-1].get_weights()
    model.layers[-1].set_weights([25 * kernel, np.array([-20.0], np.float32)])
    model.save(path)
    return path


@pytest.mark.unit
@pytest.mark.parametrize("content", [None, b"", b"nothing"])
def test_a_keras_file_that_is_missing_or_damaged_is_refused(tmp_path, content):
    pytest.importorskip("tensorflow", reason="pip install 'motegate[train]'")
    path = tmp_path / "parent.keras"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"parent\.keras: not a model that train writes"):
        quantize.Classifier(path)


@pytest.mark.oracle
def test_a_steep_model_keeps_its_verdicts_in_int8_and_finer_scores_than_the_whole_range_gives(steep):
    rng = np.random.default_rng(1)
    good = rng.integers(-128, -100, (400, 3))
    bad = good.copy()
    bad[np.arange(400), rng.integers(0, 3, 400)] = rng.integers(-20, 128, 400)
    rows = np.vstack([good, bad]).astype(np.int8)
    classifier = quantize.Classifier(steep)

    def scores(data, x):
        return run(data, x)[:, 0]

    def fails(found):
        return found > found[:400].max()

    data = classifier.quantize(rows, scores, fails)
    exact, got = classifier.scores(rows), scores(data, rows)
    wanted = fails(np.floor(exact + 0.5))
    plain = scores(classifier._convert(rows), rows)
    assert (fails(got) != wanted).mean() < 0.02
    assert (fails(got) != wanted).sum() <= (fails(plain) != wanted).sum()
    assert len(np.unique(got)) > len(np.unique(plain))
    model = tflite_model.parse(data)
    assert model.input == Tensor(3, 1 / 128, 0)
    assert model.output == Tensor(1, 1 / 256, -128)
