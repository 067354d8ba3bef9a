"""What training says of itself: what was measured, what was not, and what is not seen."""

from pathlib import Path

import numpy as np
import pytest
from motegate.firmware.errors import RefusedError
from motegate.train import metrics, results
from motegate.train.training import Training

pytestmark = pytest.mark.unit
HOMES = {"spike": "spike", "drift away": "offset", "hot start": "excursion"}


def scored(recall: dict[str, tuple[int, int, int]], false: int = 0, quiet: int = 60, each: int = 10) -> dict:
    """An entry of metrics.json: of each kind so many of ``each`` windows found at 1, 2 and 4 x limit."""
    rows = [(0.0 if k >= false else 9.0, False, "", 0.0) for k in range(quiet)]
    for kind, found in recall.items():
        for severity, hits in zip(metrics.SEVERITIES, found, strict=True):
            rows += [(9.0 if k < hits else 0.0, True, kind, severity) for k in range(each)]
    score, fail, kind, severity = (np.array(column) for column in zip(*rows, strict=True))
    table = metrics.summary(metrics.Scored(score, fail, ~fail, kind, severity), 5)
    return {"classifier": table, "best_dimension": {"name": "offset"} | table, "homes": HOMES}


GOOD = scored({"spike": (5, 9, 10), "drift away": (3, 8, 10)}, false=1)


def test_a_line_has_each_share_with_how_many_windows_it_is_of():
    assert results.line("intrinsic", GOOD) == (
        "intrinsic: of 2 kinds of fault, 60 windows, 0.40 / 0.85 / 1.00 are found at 1 / 2 / 4 x limit (offset alone "
        "0.40 / 0.85 / 1.00); 1 false alarm in 60 good windows, at most 7.7% (95 %)"
    )
    assert results.line("intrinsic", scored({})) == (
        "intrinsic: no fault to test on; 0 false alarms in 60 good windows, at most 4.9% (95 %)"
    )


def test_kinds_that_the_recording_cannot_show_are_named():
    assert list(results.notes("intrinsic", GOOD)) == [
        "intrinsic: not tested, since this recording cannot show it: hot start"
    ]


def test_a_parent_that_misses_half_of_its_faults_says_which_and_what_helps():
    weak = scored({"spike": (0, 2, 4), "drift away": (0, 0, 1), "hot start": (0, 5, 9)})
    (said,) = results.notes("contextual", weak)
    assert said == (
        "warning: contextual misses half of its faults at 4 x limit: drift away 0.10, spike 0.40; what helps: a "
        "threshold for offset or spike in [dimensions], a larger [alarms] budget, or a longer recording"
    )


@pytest.mark.parametrize(("least", "short"), [(0.9, ["b"]), (0.4, []), (0.47, ["b"]), (1.0, ["b"])])
def test_what_is_required_is_refused_where_a_parent_falls_short(least, short):
    weak = scored({"spike": (0, 2, 4), "drift away": (0, 0, 5)})
    one = Training(Path(), {"parents": {"a": GOOD, "b": weak}, "following": None})
    if not short:
        one.require(least)
        return
    with pytest.raises(RefusedError) as refused:
        one.require(least)
    assert str(refused.value) == f"b: finds 0.45 of its faults at 4 x limit; {least:g} is required"


def test_where_nothing_could_be_shown_nothing_is_proved():
    with pytest.raises(RefusedError, match=r"a: no fault of 4 x limit could be shown; 0\.5 of them are required"):
        Training(Path(), {"parents": {"a": scored({})}, "following": None}).require(0.5)
