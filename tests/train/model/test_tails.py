"""Good windows with values as rare as their calibration allows."""

import numpy as np
import pytest
from motegate.train.features import Scaling
from motegate.train.model import tails

pytestmark = pytest.mark.unit

N, COLUMNS = 40_000, 4
SCALING = Scaling.default(tuple("abcd"))
ZERO, RARE, MOST = (int(SCALING.apply(np.full((1, 4), v))[0, 0]) for v in (0, 256, tails.MOST))


def test_half_of_the_draws_lie_above_0_one_in_twenty_above_256_and_one_column_at_a_time():
    low = ZERO + 1  # all of them are above 0
    x = tails.raised(np.full((N, COLUMNS), low, np.int8), np.ones(N, bool), SCALING, 0)
    largest = x.max(axis=1).astype(int)
    assert ((x > low).sum(axis=1) <= 1).all()
    assert (largest > low).mean() == pytest.approx(0.5 * 10 ** (-8 / 256), abs=0.02)  # two steps of a feature: 8
    assert (largest > RARE).mean() == pytest.approx(0.05, abs=0.005)
    assert largest.max() <= MOST
    np.testing.assert_allclose((x > low).mean(axis=0), 0.125 * 10 ** (-8 / 256), atol=0.01)


def test_what_good_windows_hardly_show_is_raised_less_often():
    rng = np.random.default_rng(0)
    usual = np.where(rng.random((N, COLUMNS)) < 0.2, RARE, ZERO).astype(np.int8)
    usual[:, 0] = ZERO
    x = tails.raised(usual, np.ones(N, bool), SCALING, 0)
    raised = [(x[:, j] > usual[:, j])[usual[:, j] == ZERO].mean() for j in range(COLUMNS)]
    assert raised[0] == pytest.approx(0.3 * np.mean(raised[1:]), rel=0.15)


def test_failures_stay_and_no_value_sinks():
    rng = np.random.default_rng(1)
    x = rng.integers(-128, 128, (500, COLUMNS)).astype(np.int8)
    good = rng.random(500) < 0.5
    out = tails.raised(x, good, SCALING, 2)
    np.testing.assert_array_equal(out[~good], x[~good])
    assert (out >= x).all()
    assert (out != x).any()


def test_the_same_seed_gives_the_same():
    x = np.full((100, COLUMNS), -50, np.int8)
    one, two, other = (tails.raised(x, np.ones(100, bool), SCALING, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


def test_each_dimension_is_far_out_alone_and_all_others_are_as_they_were():
    usual = np.full((50, COLUMNS), ZERO, np.int8)
    usual[:, 1] = RARE
    usual[25:] = 100  # failing windows
    x = tails.alone(usual, np.arange(50) < 25, SCALING, 40, 0).reshape(COLUMNS, 40, COLUMNS)
    low, high = (int(SCALING.apply(np.full((1, COLUMNS), v))[0, 0]) for v in tails.ALONE)
    for column in range(COLUMNS):
        others = np.delete(x[column], column, axis=1)
        assert (others == np.delete(usual[0], column)).all()
        assert (x[column, :, column] >= low).all()
        assert (x[column, :, column] <= high).all()
        assert len(set(x[column, :, column])) > 10
    assert (tails.alone(usual, np.arange(50) < 25, SCALING, 40, 0).reshape(x.shape) == x).all()
