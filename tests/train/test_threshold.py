"""The alarm budget."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.firmware.errors import RefusedError
from motegate.train import threshold

pytestmark = pytest.mark.property

MOST = 127  # of scores
scores = st.lists(st.integers(-128, 126), min_size=1, max_size=400).map(lambda x: np.array(x, np.int8))


@given(scores, st.floats(0.5, 40))
def test_the_threshold_keeps_the_budget_and_so_does_every_higher_one(found, budget):
    limit = threshold.lowest(found, 10.0, budget, MOST)
    allowed = max(budget * len(found) / 10 - 1, 0)
    for higher in range(limit, 127):
        assert threshold.runs(found > higher) <= allowed or not (found > higher).any()


@given(scores)
def test_with_too_few_days_no_clean_window_fails(found):
    limit = threshold.lowest(found, len(found) * 10.0, 1.0, MOST)  # a tenth of a day
    assert limit == found.max()


@given(scores, st.floats(0.5, 40))
def test_a_larger_budget_never_raises_the_threshold(found, budget):
    assert threshold.lowest(found, 10.0, 2 * budget, MOST) <= threshold.lowest(found, 10.0, budget, MOST)


@pytest.mark.unit
def test_one_step_lower_breaks_the_budget():
    found = np.full(3000, -100, np.int8)
    found[[10, 11, 500, 900, 2000]] = [50, 60, 40, 30, 20]  # runs: 10-11, 500, 900, 2000
    assert threshold.lowest(found, 1000.0, 4 / 3, MOST) == 20  # in three days four runs, one of them yet to come
    assert threshold.runs(found > 19) == 4


@pytest.mark.unit
def test_a_threshold_is_lowered_to_what_is_far_out_where_the_budget_affords_it():
    scores = np.zeros(3000, int)
    scores[1000:1008] = 90  # one run of a hundredth at most
    assert threshold.heard(90, np.array([60, 70]), scores, 1000, None) == 59
    assert threshold.heard(50, np.array([60, 70]), scores, 1000, None) == 50  # it fails them already
    scores[2000:2004] = scores[2500:2504] = scores[2900:2904] = 90
    assert threshold.heard(90, np.array([60, 70]), scores, 1000, None) == 90  # four runs; the budget has three
    assert threshold.heard(90, np.array([60, 70]), scores, 1000, 2.0) == 59
    assert threshold.heard(90, np.array([60, 70]), np.repeat([0, 90], [960, 40]), 1000, 9.0) == 90  # one in 25


def test_the_default_budget_is_one_run_in_a_thousand_windows():
    found = np.full(4000, -100, np.int8)
    found[::800] = [10, 20, 30, 40, 50]
    assert threshold.lowest(found, 96.0, None, MOST) == 20


@pytest.mark.unit
def test_one_long_run_is_no_way_around_the_budget():
    found = np.full(4000, 7, np.int8)
    assert threshold.lowest(found, 1000.0, 1.0, MOST) == 7


@pytest.mark.unit
@pytest.mark.parametrize("found", [np.full(100, 127, np.int8), np.zeros(0, np.int8)])
def test_where_no_threshold_can_do_it_is_refused(found):
    with pytest.raises(RefusedError, match="threshold"):
        threshold.lowest(found, 10.0, 0.1, MOST)


@pytest.mark.unit
def test_levels_have_a_most_of_their_own():
    """A level is an int32: what refuses a threshold is the largest that the network gives, not a score's 127."""
    found = np.full(4000, -5000, np.int32)
    found[::800] = [1000, 2000, 3000, 4000, 70_000]
    assert threshold.lowest(found, 1000.0, 1.25, 70_000) == 1000
    assert threshold.lowest(found, 1000.0, 1.0, 2001) == 2000


@pytest.mark.unit
@pytest.mark.parametrize("most", [70_000, 69_999, -1])
def test_a_threshold_at_the_most_that_a_level_can_be_is_refused(most):
    found = np.full(100, 70_000, np.int32)
    assert threshold.lowest(found, 10.0, 0.1, 70_001) == 70_000
    with pytest.raises(RefusedError, match="no score keeps"):
        threshold.lowest(found, 10.0, 0.1, most)


@pytest.mark.property
@given(st.lists(st.integers(-(2**29), 2**29 - 2), min_size=1, max_size=200), st.floats(0.5, 40))
def test_only_the_order_of_levels_counts(found, budget):
    found = np.array(found, np.int32)
    ranks = np.unique(found, return_inverse=True)[1]
    limit = threshold.lowest(found, 10.0, budget, 2**29 - 1)
    ranked = threshold.lowest(ranks, 10.0, budget, len(ranks))
    assert (found > limit).tolist() == (ranks > ranked).tolist()
