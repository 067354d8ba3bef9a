"""What counts as a false alarm, and against which budget."""

from types import SimpleNamespace

import numpy as np
import pytest

from . import false_alarms

pytestmark = pytest.mark.unit

NOW = np.array([1, 1, 0, 1, 1, 1, 0, 0, 1, 0], bool)
CLEAN = np.array([1, 1, 1, 1, 0, 1, 1, 1, 1, 1], bool)


def alarms(monkeypatch, per_day):
    monkeypatch.setattr(false_alarms, "fails", lambda *_: {"contextual": NOW})
    plan = SimpleNamespace(classifiers=(SimpleNamespace(name="contextual"),))
    judged = SimpleNamespace(clean=CLEAN, values=None, no_data=None, silent=None)
    rules = SimpleNamespace(hop=8, period_ms=900_000, alarms_per_day=per_day)
    return false_alarms.of_stream(rules, SimpleNamespace(plan=plan), judged)[0]


def test_a_run_that_touches_a_labelled_window_is_no_false_alarm(monkeypatch):
    found = alarms(monkeypatch, None)
    assert (found.windows, found.failing, found.runs) == (9, 5, 2)


def test_the_budget_is_the_policys_or_one_in_a_thousand_windows(monkeypatch):
    assert alarms(monkeypatch, None).expected == pytest.approx(0.009)
    assert alarms(monkeypatch, 0.4).expected == pytest.approx(0.4 * 9 / 12)  # twelve windows a day


def test_alarms_of_several_recordings_add_up(monkeypatch):
    one = alarms(monkeypatch, 0.4)
    both = one + one
    assert (both.windows, both.failing, both.runs) == (18, 10, 4)
    assert both.ratio == pytest.approx(one.ratio)
