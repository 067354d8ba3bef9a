"""A realised share of false alarms is never above what was asked for, whatever ties."""

import numpy as np
import pytest

from .scores import threshold

pytestmark = pytest.mark.unit


def test_one_in_a_hundred_exceeds_the_threshold():
    assert (np.arange(1000) > threshold(np.arange(1000))).sum() == 10


def test_scores_that_tie_at_the_threshold_all_pass():
    clean = np.array([0] * 950 + [5] * 45 + [9] * 5)
    assert threshold(clean) == 5
    assert (clean > threshold(clean)).mean() == 0.005


@pytest.mark.parametrize("atoms", [1, 2, 5, 40])
def test_the_realised_share_is_at_most_the_one_asked_for(atoms):
    rng = np.random.default_rng(atoms)
    for n in (1, 7, 99, 100, 101, 1000):
        clean = rng.integers(0, atoms, n)
        limit = threshold(clean)
        assert (clean > limit).mean() <= 0.01
        lower = clean[clean < limit]
        assert not len(lower) or (clean > lower.max()).mean() > 0.01  # no lower one would do
