"""The alarm budget."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.firmware.errors import RefusedError
from motegate.train import threshold

pytestmark = pytest.mark.property

scores = st.lists(st.integers(-128, 126), min_size=1, max_size=400).map(lambda x: np.array(x, np.int8))


@given(scores, st.floats(0.5, 40))
def test_the_threshold_keeps_the_budget_and_so_does_every_higher_one(found, budget):
    limit = threshold.lowest(found, 10.0, budget)
    allowed = max(budget * len(found) / 10, 0)
    for higher in range(limit, 127):
        assert threshold.runs(found > higher) <= allowed or not (found > higher).any()


@given(scores)
def test_with_too_few_days_no_clean_window_fails(found):
    limit = threshold.lowest(found, len(found) * 10.0, 1.0)  # a tenth of a day
    assert limit == found.max()


@given(scores, st.floats(0.5, 40))
def test_a_larger_budget_never_raises_the_threshold(found, budget):
    if budget * len(found) / 10 >= threshold.ENOUGH:
        assert threshold.lowest(found, 10.0, budget * 2) <= threshold.lowest(found, 10.0, budget)


@pytest.mark.unit
def test_one_step_lower_breaks_the_budget():
    found = np.full(3000, -100, np.int8)
    found[[10, 11, 500, 900, 2000]] = [50, 60, 40, 30, 20]  # runs: 10-11, 500, 900, 2000
    assert threshold.lowest(found, 1000.0, 1.0) == 20  # three days, three runs
    assert threshold.runs(found > 19) == 4


@pytest.mark.unit
def test_the_default_budget_is_one_run_in_a_thousand_windows():
    found = np.full(4000, -100, np.int8)
    found[::800] = [10, 20, 30, 40, 50]
    assert threshold.lowest(found, 96.0) == 10


@pytest.mark.unit
def test_one_long_run_is_no_way_around_the_budget():
    found = np.full(4000, 7, np.int8)
    assert threshold.lowest(found, 1000.0, 1.0) == 7


@pytest.mark.unit
@pytest.mark.parametrize("found", [np.full(100, 127, np.int8), np.zeros(0, np.int8)])
def test_where_no_threshold_can_do_it_is_refused(found):
    with pytest.raises(RefusedError, match="threshold"):
        threshold.lowest(found, 10.0, 0.1)
