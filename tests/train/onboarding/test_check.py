"""Does the recording fit the policy, and is the policy probably what was meant."""
# ruff: noqa: E501 (a table reads best with a case on each line)

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motegate.train.host import ring
from motegate.train.onboarding.check import check
from motegate.train.policy.document import PolicyError, load
from motegate.train.policy.plan_compiler import compile_policy
from motegate.train.recording.columns import RecordingError
from motegate.train.recording.records import read

POLICY = """
[stream]
name = "tank"
period_ms = 1000
window = { length = 16, hop = 8 }
[stream.channels.level]
unit = "m"
resolution = 0.01
range = [0, 10]
[status.supply_mv]
dimension = "trust"
min = 2400
[dimensions.spike]
threshold = { level = 1 }
[parents.integrity]
children = ["uniqueness", "trust"]
[parents.intrinsic]
children = ["spike", "completeness"]
[models.forecast]
file = "forecast.tflite"
[[actions]]
name = "use"
when = "integrity and intrinsic"
do = ["run:forecast"]
[[actions]]
name = "log"
[reference]
windows = 20
"""


@pytest.fixture
def checked(tmp_path):
    """The check of a policy changed in one place against a recording of one channel."""

    def run(old="", new="", rows=None, header="t_ms,level,status.supply_mv,fail.intrinsic"):
        (tmp_path / "forecast.tflite").touch()
        (tmp_path / "policy.toml").write_text(POLICY.replace(old, new) if old else POLICY)
        if rows is None:
            return check(tmp_path / "policy.toml")
        (tmp_path / "tank.csv").write_text(header + "\n" + "".join(f"{row}\n" for row in rows))
        return check(tmp_path / "policy.toml", tmp_path / "tank.csv")

    return run


def good(n=1000):
    return [f"{i * 1000},{5 + i * 7 % 50 / 100:.2f},3000,0" for i in range(n)]


@pytest.mark.unit
def test_a_recording_that_fits_gives_no_finding(checked):
    found = checked(rows=good())
    assert found.ok
    assert found.findings == ()
    assert (found.rows, found.windows) == (1000, 124)


@pytest.mark.unit
def test_a_check_is_json(checked):
    data = json.loads(json.dumps(dataclasses.asdict(checked(rows=good(30)))))
    assert data["findings"][0].keys() == {"level", "where", "what"}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "[dimensions.spike]\nthreshold = { level = 1 }",
            "[dimensions.step]",
            "warning: dimensions.step: no parent has",
        ),
        ('"uniqueness", "trust"', '"uniqueness"', 'warning: status.supply_mv: no parent has "trust" as a child'),
        ('"spike", "completeness"', '"spike", "consistency"', 'warning: parents: "consistency" compares channels'),
        ("integrity and intrinsic", "integrity", "warning: parents.intrinsic: no action depends on it"),
        ("run:forecast", "store", "warning: models.forecast: no action runs it"),
        ("forecast.tflite", "other.tflite", "warning: models.forecast.file: "),
    ],
)
def test_what_a_policy_says_in_vain_is_found(old, new, said, checked):
    findings = [str(finding) for finding in checked(old, new).findings]
    assert len(findings) == 1
    assert findings[0].startswith(said)


@pytest.mark.unit
def test_a_grouping_over_parents_that_decide_is_not_in_vain(checked):
    above = '[parents.all]\nchildren = ["integrity", "intrinsic"]\n[parents.idle]\nchildren = ["integrity"]\n[models'
    assert checked("[models", above).findings == ()


@pytest.mark.unit
@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([f"{i * 5000},{5 + i % 50 / 100},3000,0" for i in range(900)], "warning: stream.period_ms: is 1000, but rows are 5000 ms"),
        (good(15), "error: stream.window.length: is 16, but the recording has 15 rows"),
        (good(100), "warning: reference.windows: is 20, but there are 11 windows"),
        (good(200), "warning: reference.windows: takes 20 of 24 windows"),
        ([row if i % 4 else f"{i * 1000},,3000,0" for i, row in enumerate(good())], "warning: stream.channels.level: 25 % of the cells"),
        ([row if i % 100 else f"{i * 1000},,3000,0" for i, row in enumerate(good())], "note: stream.channels.level: 1 % of the cells"),
        ([f"{i * 1000},,3000,0" for i in range(1000)], "error: stream.channels.level: every cell of the recording is empty"),
        ([row if i % 10 else f"{i * 1000},99,3000,0" for i, row in enumerate(good())], "warning: stream.channels.level.range: 10 %"),
        ([f"{i * 1000},{5 + i % 3 / 100},3000,0" for i in range(1000)], "warning: stream.channels.level.resolution: is coarse"),
        ([f"{i * 1000},{i % 5},3000,0" for i in range(1000)], "note: stream.channels.level.resolution: is finer than the data"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_found(rows, said, checked):
    found = checked(rows=rows)
    assert [str(f) for f in found.findings if str(f).startswith(said)], found.findings
    assert found.ok == (not any(f.level == "error" for f in found.findings))


@pytest.mark.unit
def test_columns_that_are_ignored_or_expected_are_named(checked):
    rows = [row.rsplit(",", 2)[0] + ",0" for row in good()]
    findings = [str(f) for f in checked(rows=rows, header="t_ms,level,fail.intrinsik").findings]
    assert any('fail.intrinsik: is no parent\'s and is ignored; did you mean "intrinsic"?' in f for f in findings)
    assert any('status.supply_mv: no such column, so "trust" sees it as missing' in f for f in findings)
    assert any("has no labels" in f for f in findings)


@pytest.mark.unit
def test_errors_come_before_warnings_and_notes(checked):
    levels = [f.level for f in checked("period_ms = 1000", "period_ms = 10", good(15)).findings]
    assert levels == sorted(levels, key=["error", "warning", "note"].index)


@pytest.mark.unit
def test_what_is_wrong_in_form_is_raised(checked):
    with pytest.raises(PolicyError):
        checked("hop = 8", "hop = 99")
    with pytest.raises(RecordingError):
        checked(rows=["1,x,3,0"])


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-3000, 15_900), min_size=16, max_size=200))
def test_windows_are_counted_as_the_ring_does_but_for_long_gaps(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("check")
    times = [sum(steps[:i]) for i in range(len(steps))]
    (folder / "policy.toml").write_text(POLICY)
    (folder / "tank.csv").write_text("t_ms,level\n" + "".join(f"{ms},{i % 7}\n" for i, ms in enumerate(times)))
    policy = load(folder / "policy.toml")
    slots = ring.expand(compile_policy(policy), read(policy, folder / "tank.csv"))
    assert check(folder / "policy.toml", folder / "tank.csv").windows == len(slots.windows)
