"""Windows, events, kinds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.train import metrics

pytestmark = pytest.mark.unit

marks = st.lists(st.booleans(), min_size=1, max_size=60).map(np.array)


def bits(text):
    return np.array([c == "1" for c in text])


def test_an_event_is_found_when_one_of_its_windows_fails():
    found = metrics.events(bits("0010000"), bits("0111000"))
    assert (found.hit, found.missed, found.false) == (1, 0, 0)


def test_an_alarm_that_touches_no_event_is_false():
    found = metrics.events(bits("1100100"), bits("0000111"))
    assert (found.hit, found.missed, found.false) == (1, 0, 1)


def test_one_alarm_over_two_events_finds_both_and_is_not_false():
    found = metrics.events(bits("1111111"), bits("0100110"))
    assert (found.hit, found.missed, found.false) == (2, 0, 0)


@pytest.mark.parametrize(
    ("hits", "n", "share"),
    [(0, 60, 0.0487), (0, 1, 0.95), (3, 240, 0.0320), (5, 100, 0.1022), (100, 100, 1.0), (0, 4000, 0.00075)],
)
def test_what_a_share_may_be_at_most_is_clopper_and_pearsons(hits, n, share):
    """Figures of scipy.stats.beta.ppf(0.95, hits + 1, n - hits)."""
    assert metrics.most_likely_share(hits, n) == pytest.approx(share, rel=0.01)


@pytest.mark.property
@given(marks)
def test_verdicts_that_are_the_truth_are_perfect(truth):
    assert metrics.windows(truth, truth).f1 == 1.0
    assert metrics.events(truth, truth).f1 == 1.0


@pytest.mark.property
@given(marks)
def test_spans_and_marks_are_the_same_thing(truth):
    again = np.zeros(len(truth), bool)
    for first, last in metrics.spans(truth):
        again[first:last] = True
    assert (again == truth).all()


def test_f1_by_kind_is_that_of_as_many_good_as_faulty_windows():
    score = np.array([0, 0, 0, 9, 9, 9, 9, 0])
    kind = np.array(["", "", "", "", "spike", "spike", "spike", "spike"])
    fail = kind == "spike"
    scored = metrics.Scored(score, fail, ~fail, kind, np.full(8, 5.0))
    recall, rate = 3 / 4, 1 / 4
    table = metrics.by_kind(scored, 5)["spike"]
    assert table["recall_4_16"] == recall
    precision = recall / (recall + rate)
    assert table["f1_4_16"] == pytest.approx(2 * precision * recall / (precision + recall), abs=1e-4)
    assert table["recall_1"] is None


def test_a_kind_that_no_window_shows_at_a_severity_is_not_in_the_mean():
    kind = np.array(["", "spike", "rounding"])
    scored = metrics.Scored(np.array([0, 9, 0]), kind != "", kind == "", kind, np.array([0, 5.0, 2.0]))
    assert scored.macro_f1(5) == 1.0
