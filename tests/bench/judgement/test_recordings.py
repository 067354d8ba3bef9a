"""What the benchmarks lay over recordings, or make themselves."""

import numpy as np
import pytest
from motegate.train import policy

from tests.train import synthetic

from .household import PER_DAY, panels
from .seasons import quarter
from .stationary import records

pytestmark = pytest.mark.unit


def test_panels_draw_from_the_load_by_day_from_their_first_on():
    load = (1.0,) * (PER_DAY * 200)
    laid = panels(load, 180, 4.0).reshape(-1, PER_DAY)
    assert (laid[:180] == 1).all()
    assert (laid[180:, :8] == 1).all()  # at night
    assert (laid[180:, 48] < 1).all()
    assert laid.min() > 1 - 4 * 1.1


def test_panels_of_twice_the_peak_give_twice_as_much():
    load = (0.0,) * (PER_DAY * 190)
    assert panels(load, 180, 4.0) == pytest.approx(2 * panels(load, 180, 2.0))


def test_quarters_begin_in_january_april_july_and_october():
    days = ["2019-12-31", "2020-01-01", "2020-03-31", "2020-04-01", "2021-07-01", "2021-10-01"]
    seconds = (np.array(days, "datetime64[s]") - np.datetime64("2020-01-01", "s")).astype(int)
    assert quarter(seconds).tolist() == [3, 0, 0, 1, 2, 3]


def test_the_stationary_stream_is_persistent_and_the_same_for_a_seed(tmp_path):
    rules = policy.load(synthetic.policy_file(tmp_path))
    one, again, other = (records(rules, 1, seed) for seed in (0, 0, 1))
    assert np.array_equal(one.counts, again.counts)
    assert not np.array_equal(one.counts, other.counts)
    x = one.counts[:, 0].astype(float)
    assert np.corrcoef(x[1:], x[:-1])[0, 1] == pytest.approx(0.9, abs=0.01)
    assert x.std() == pytest.approx(40, rel=0.1)
