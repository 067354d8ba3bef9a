"""The classifier: monotone, spread over the int8 scores, the same each time."""

import numpy as np
import pytest
from motegate.train import work
from motegate.train.model import network

pytestmark = pytest.mark.unit


def windows(n, seed, k=5):
    """Clean windows lie low in every feature; a failure lifts one of them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(-95, 12, (n, k))
    fail = rng.random(n) < 0.5
    x[fail, rng.integers(0, k, fail.sum())] += rng.uniform(60, 200, fail.sum())
    return np.clip(x, -128, 127).astype(np.int8), fail, np.ones(n)


@pytest.fixture(scope="module")
def model():
    return network.fit(*windows(2000, 1), windows(600, 2), seed=4)


def test_it_finds_a_failure_in_any_one_feature(model):
    x, fail, _ = windows(4000, 3)
    scores = network.scores(model, x)
    limit = np.quantile(scores[~fail], 0.99)
    assert (scores[fail] > limit).mean() > 0.93


def test_it_gets_no_better_when_a_feature_gets_worse(model):
    rng = np.random.default_rng(0)
    x = rng.integers(-128, 100, (3000, 5))
    worse = x.copy()
    worse[np.arange(3000), rng.integers(0, 5, 3000)] += rng.integers(1, 28, 3000)
    assert (network.logits(model, worse.astype(np.int8)) >= network.logits(model, x.astype(np.int8))).all()


def test_clean_windows_do_not_sit_at_a_rail(model):
    x, fail, _ = windows(4000, 5)
    clean = network.scores(model, x[~fail])
    assert np.quantile(clean, 0.5) > -128
    assert clean.max() < 127
    assert len(np.unique(clean)) > 20


def test_scores_are_those_of_keras(model):
    x, _, _ = windows(500, 6)
    exact = np.asarray(model.predict(x.astype(np.float32) / 128, verbose=0))[:, 0] * 256 - 128
    assert np.abs(network.scores(model, x) - np.clip(exact, -128, 127)).max() <= 0.51


def test_the_same_windows_and_seed_give_the_same_bytes(model, tmp_path):
    again = network.fit(*windows(2000, 1), windows(600, 2), seed=4)
    work.save_model(model, tmp_path / "one.keras")
    work.save_model(again, tmp_path / "two.keras")
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "two.keras").read_bytes()


def test_a_saved_model_is_read_by_keras_and_scores_the_same(model, tmp_path):
    work.save_model(model, tmp_path / "one.keras")
    read = network.keras().models.load_model(tmp_path / "one.keras", compile=False)
    x, _, _ = windows(100, 7)
    np.testing.assert_array_equal(network.scores(read, x), network.scores(model, x))


def test_weights_may_have_either_sign_where_the_policy_says_so():
    free = network.fit(*windows(600, 1), windows(200, 2), seed=4, monotone=False)
    assert any((w < 0).any() for w in free.get_weights()[::2])
    assert all((w >= 0).all() for w in network.fit(*windows(600, 1), windows(200, 2), seed=4).get_weights()[::2])
