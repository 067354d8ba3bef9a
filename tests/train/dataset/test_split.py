"""Parts of a recording in time order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.train.dataset import split

pytestmark = pytest.mark.property


@given(st.integers(1, 300), st.integers(1, 40), st.integers(1, 40))
def test_no_sample_is_in_two_parts(n, hop, length):
    starts = np.arange(n) * hop
    found = split.by_time(starts, length)
    seen = [
        {slot for start in starts[found.indices(part)] for slot in range(start, start + length)}
        for part in range(3)
    ]  # fmt: skip
    assert len(set.union(*seen)) == sum(map(len, seen))


@given(st.integers(50, 300), st.integers(1, 10))
def test_parts_follow_each_other_in_time(n, hop):
    found = split.by_time(np.arange(n) * hop, hop)
    part = found.part[found.part != split.NONE]
    assert (np.diff(part.astype(int)) >= 0).all()
    assert [len(found.indices(part)) for part in range(3)] == [
        round(0.6 * n),
        round(0.8 * n) - round(0.6 * n),
        n - round(0.8 * n),
    ]


def test_the_share_of_labelled_records_leaves_absent_slots_out():
    rows = np.array([0, 1, -1, 2, 3, -1, -1, -1])
    fails = np.array([True, False, True, False])
    shares = split.label_shares(rows, np.array([0, 4]), 4, fails)
    assert shares.tolist() == [2 / 3, 0.0]


def test_a_window_without_a_record_is_no_failure():
    assert split.label_shares(np.array([-1, -1]), np.array([0]), 2, np.zeros(0, bool)).tolist() == [0.0]
