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
    x = tails.raised(np.full((N, COLUMNS), ZERO, np.int8), np.ones(N, bool), SCALING, 0)
    largest = x.max(axis=1).astype(int)
    assert ((x > ZERO).sum(axis=1) <= 1).all()
    assert (largest > ZERO).mean() == pytest.approx(0.5, abs=0.02)
    assert (largest > RARE).mean() == pytest.approx(0.05, abs=0.005)
    assert largest.max() <= MOST
    np.testing.assert_allclose((x > ZERO).mean(axis=0), 0.125, atol=0.01)


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
