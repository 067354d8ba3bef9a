"""Intervals against published values."""

import numpy as np
import pytest

from .intervals import mean_over_kinds, poisson

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0.0, 3.6889), (1, 0.025318, 5.5716), (5, 1.6235, 11.6683), (10, 4.7954, 18.3904), (100, 81.364, 121.627)],
)
def test_poisson_interval_is_garwoods(count, low, high):
    assert poisson(count) == pytest.approx((low, high), rel=1e-4, abs=1e-6)


def test_poisson_interval_of_a_large_count_is_nearly_normal():
    low, high = poisson(10_000)
    assert (low, high) == pytest.approx((10_000 - 196, 10_000 + 196), abs=3)


def test_every_kind_weighs_the_same():
    kinds = np.array(["a"] * 99 + ["b"])
    mean, low, high = mean_over_kinds(kinds, np.array([True] * 99 + [False]))
    assert (mean, low, high) == (0.5, 0.5, 0.5)


def test_the_interval_holds_the_mean_and_narrows_with_more_faults():
    few, many = (mean_over_kinds(np.repeat(["a", "b"], n), np.arange(2 * n) % 2 == 0) for n in (10, 1000))
    for mean, low, high in (few, many):
        assert low < mean < high
    assert many[2] - many[1] < few[2] - few[1]
