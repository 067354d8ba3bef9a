"""Intervals: as wide as windows that hang together make them, and no narrower than one of independent trials."""

import numpy as np
import pytest
from motegate.train import intervals

pytestmark = pytest.mark.unit


def test_independent_windows_have_wilson_s_interval():
    hits = np.arange(100) < 80
    rng = np.random.default_rng(0)
    rng.shuffle(hits)
    low, high = intervals.share(hits, np.arange(100))
    expected = intervals.wilson(0.8, 100)
    assert low == pytest.approx(expected[0], abs=0.02)
    assert high == pytest.approx(expected[1], abs=0.02)


def test_windows_that_hang_together_are_worth_as_many_as_there_are_blocks():
    block = np.repeat(np.arange(40), 10)
    hits = np.repeat(np.random.default_rng(0).random(40) < 0.7, 10)
    assert intervals.worth(hits, block) == pytest.approx(40, rel=0.2)
    apart = intervals.share(hits, np.arange(400))
    together = intervals.share(hits, block)
    assert together[1] - together[0] > 2 * (apart[1] - apart[0])


def test_where_all_are_hits_a_block_counts_as_one_or_what_shares_no_sample_does():
    hits, block = np.ones(120, bool), np.repeat(np.arange(12), 10)
    assert intervals.worth(hits, block) == 120  # nothing is shared
    assert intervals.worth(hits, block, overlap=5) == 24
    assert intervals.worth(hits, block, overlap=20) == 12


@pytest.mark.parametrize("n", [0, 1, 7, 1e6])
def test_an_interval_holds_its_share_and_stays_within_0_and_1(n):
    for share in (0.0, 0.3, 1.0):
        low, high = intervals.wilson(share, n)
        assert 0 <= low <= share + 1e-9
        assert share - 1e-9 <= high <= 1


def test_the_mean_of_several_is_narrower_than_each():
    ends = [intervals.wilson(0.5, 40)] * 16
    low, high = intervals.mean([0.5] * 16, ends)
    assert high - low == pytest.approx((ends[0][1] - ends[0][0]) / 4, rel=0.01)


def test_blocks_grow_with_the_recording_and_hold_two_overlaps():
    assert intervals.block_length(900, 2) == 30
    assert intervals.block_length(900, 20) == 40


def test_a_bootstrap_of_blocks_holds_the_figure():
    rng = np.random.default_rng(1)
    x = np.repeat(rng.normal(size=50), 4) + rng.normal(size=200)
    low, high = intervals.bootstrap(lambda rows: float(x[rows].mean()), np.repeat(np.arange(50), 4))
    assert low < x.mean() < high


def test_shares_of_the_same_blocks_make_their_mean_spread_wider():
    rng = np.random.default_rng(0)
    block = np.repeat(np.arange(50), 4)
    hard = np.repeat(rng.random(50), 4)
    same = [(rng.random(200) < hard, block) for _ in range(6)]
    own = [(rng.random(200) < 0.5, block) for _ in range(6)]
    assert intervals.together(same) > 1.5
    assert intervals.together(own) < 1.4
    assert intervals.together([(np.ones(200, bool), block)] * 3) == 1
