"""Features: what is far out on their scale."""

import numpy as np
import pytest
from motegate.train.features import THREE_QUARTERS, Scaling, far_out, loud

pytestmark = pytest.mark.unit


def test_one_dimension_as_far_out_as_can_be_told_is_far_out():
    assert far_out(loud(5)).all()
    assert not far_out(np.full((1, 5), -128, np.int8)).any()
    assert not far_out(loud(5) - np.eye(5, dtype=np.int8)).any()


def test_so_are_several_that_exceed_three_quarters_of_their_limits_as_far_in_sum():
    step = -(-(127 - THREE_QUARTERS) // 3)
    row = np.array([[THREE_QUARTERS + step] * 3 + [-128]], np.int8)
    assert far_out(row).all()
    row[0, 0] -= 3
    assert not far_out(row).any()


def test_three_quarters_are_those_of_a_limit():
    assert Scaling.default(("a",)).apply(np.array([[192]]))[0, 0] == THREE_QUARTERS
    assert Scaling.default(("a",)).apply(np.array([[1020]]))[0, 0] == 127
