"""Labels: which window they are of, and when they are a permission."""

import math
from itertools import product
from types import SimpleNamespace

import pytest
from motegate.firmware.device.adaptation.labels import AGAIN, COUNTED, KEPT, LATE, NOTED, Labels

pytestmark = pytest.mark.unit


def noted(n: int, changed: bool = True) -> Labels:
    labels = Labels()
    for k in range(n):
        labels.note(SimpleNamespace(seconds=1000 + k, millis=500, passes=(0, 0, 1)), changed)
    return labels


def test_the_last_windows_are_known_by_their_time_and_older_ones_are_late():
    labels = noted(KEPT + 3)
    assert labels.take(1002, 500, 0, 1) == LATE
    assert labels.take(1003, 500, 0, 1) == COUNTED
    assert labels.take(1000 + KEPT + 2, 500, 0, 1) == COUNTED
    assert labels.take(1010, 499, 0, 1) == LATE
    assert labels.late == 2


def test_a_label_counts_once_for_a_window_and_a_classifier():
    labels = noted(3)
    assert [labels.take(1001, 500, 0, 1), labels.take(1001, 500, 0, 0), labels.take(1001, 500, 1, 1)] == [
        COUNTED, AGAIN, COUNTED,
    ]  # fmt: skip
    assert labels.tally[1] == 2


def test_a_window_outside_of_a_change_is_noted_alone():
    labels = noted(3, changed=False)
    assert labels.take(1001, 500, 0, 1) == NOTED
    assert not labels.tally[1]


def test_of_a_classifier_that_passed_a_label_is_noted_alone():
    labels = noted(3)
    assert labels.take(1001, 500, 2, 1) == NOTED
    assert labels.take(1001, 500, 1, 1) == COUNTED


def test_after_another_reference_has_taken_over_all_are_late():
    labels = noted(3)
    labels.forget()
    assert labels.take(1001, 500, 0, 1) == LATE


def test_the_permission_is_a_quorum_of_the_last_ten():
    for word in list(product((0, 1), repeat=12))[::7]:
        labels = noted(12)
        for k, good in enumerate(word):
            labels.take(1000 + k, 500, 0, good)
        assert labels.permit(8) == (sum(word[-10:]) >= 8)


def test_at_most_two_in_a_hundred_liars_are_believed_over_the_whole_path():
    """30 % lies about a fault, looked at after each of 30 labels: exactly, over all states of the last ten."""
    states = {(): 1.0}
    believed = 0.0
    for _ in range(30):
        after: dict[tuple, float] = {}
        for word, share in states.items():
            for good, odds in ((1, 0.3), (0, 0.7)):
                now = (*word, good)[-10:]
                if sum(now) >= 8:
                    believed += share * odds
                else:
                    after[now] = after.get(now, 0.0) + share * odds
        states = after
    assert math.isclose(believed + sum(states.values()), 1)
    assert believed < 0.02
