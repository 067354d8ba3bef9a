"""How the reference follows and is patient: the policy's keys, what is refused, and the integers they become."""

import math
from array import array
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.firmware.clock import DAY_MS
from motegate.firmware.device import layout
from motegate.firmware.device.reference.reference import Reference
from motegate.firmware.device.window.measure import Dimensions
from motegate.train.policy import plan_compiler as compiler
from motegate.train.policy.document import PolicyError, loads
from motegate.train.policy.reader import DAYS_A_YEAR

POLICY = """
[stream]
name = "s"
period_ms = PERIOD
window = { length = 96, hop = 8 }
[stream.channels.a]
resolution = 0.1
range = [0, 1]
[parents.p]
children = ["regime", "spike"]
[[actions]]
name = "x"
"""


def policy(tmp_path, more="", period_ms=900_000):
    return loads(POLICY.replace("PERIOD", str(period_ms)) + more, tmp_path / "policy.toml")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("more", "key", "value"),
    [
        ("", "follow_per_day", None),
        ('[reference]\nfollow_per_day = "auto"', "follow_per_day", None),
        ("[reference]\nfollow_per_day = 0", "follow_per_day", 0.0),
        ("[reference]\nfollow_per_day = 0.25", "follow_per_day", 0.25),
        ("", "patience_days", 20.0),
        ("[reference]\npatience_days = 0", "patience_days", 0.0),
        ("[reference]\npatience_days = 0.01", "patience_days", 0.01),
        ("[reference]\npatience_days = 10_000", "patience_days", 10_000.0),
        ("", "alarms_per_day", None),
        ("[alarms]\nper_day = 0.5", "alarms_per_day", 0.5),
        ("[alarms]\nper_year = 12", "alarms_per_day", 12 / DAYS_A_YEAR),
    ],
)
def test_a_key_gives_what_it_says(more, key, value, tmp_path):
    assert getattr(policy(tmp_path, more), key) == value


@pytest.mark.unit
@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            '[reference]\nfollow_per_day = "fast"',
            'reference.follow_per_day: is "fast"; expected "auto", or a number from 0 to 12, at most one width a hop',
        ),
        (
            "[reference]\nfollow_per_day = -1",
            'reference.follow_per_day: is -1; expected "auto", or a number from 0 to 12',
        ),
        (
            "[reference]\nfollow_per_day = 13",
            'reference.follow_per_day: is 13; expected "auto", or a number from 0 to 12',
        ),
        ("[reference]\nfollow_per_day = true", "reference.follow_per_day: is true; expected "),
        ("[reference]\nfollow_per_day = []", "reference.follow_per_day: is a list; expected "),
        (
            "[reference]\npatience_days = 0.001",
            "reference.patience_days: is 0.001; expected 0 (for ever), or a number from 0.01 to 10000",
        ),
        ("[reference]\npatience_days = -1", "reference.patience_days: is -1; expected 0 (for ever), or a number"),
        ("[reference]\npatience_days = 10001", "reference.patience_days: is 10001; expected 0 (for ever), or a number"),
        (
            '[reference]\npatience_days = "auto"',
            'reference.patience_days: is "auto"; expected 0 (for ever), or a number',
        ),
        ("[reference]\npatience = 1", 'reference.patience: unknown key; did you mean "patience_days"?'),
        ("[alarms]\nper_year = 0", "alarms.per_year: is 0; expected a number above 0"),
        ('[alarms]\nper_year = "few"', 'alarms.per_year: is "few"; expected a number above 0'),
        ("[alarms]\nper_day = 1\nper_year = 1", "alarms.per_year: stands beside per_day; expected one of the two"),
        (
            "[dimensions.regime]\nthreshold = 1001",
            "dimensions.regime.threshold: is 1001; expected a number above 0 and at",
        ),
    ],
)
def test_a_wrong_value_is_one_line_with_what_is_allowed(more, said, tmp_path):
    with pytest.raises(PolicyError) as error:
        policy(tmp_path, more)
    assert len(error.value.lines) == 1
    assert error.value.lines[0].startswith(f"{tmp_path / 'policy.toml'}: {said}")


@pytest.mark.unit
def test_auto_follows_at_the_default_until_training_has_found_a_rate(tmp_path):
    found = policy(tmp_path)
    given_one = replace(found, follow_per_day=compiler.DEFAULT_FOLLOW)
    assert compiler.reference_rule(found) == compiler.reference_rule(given_one)


@pytest.mark.unit
def test_nothing_follows_and_nothing_rises_where_the_policy_says_0(tmp_path):
    rule = compiler.reference_rule(replace(policy(tmp_path), follow_per_day=0.0, patience_days=0.0))
    assert (rule.every, rule.step_q24, rule.rise_q24) == (1, 0, 0)


@pytest.mark.property
@given(
    st.sampled_from([100, 1000, 60_000, 900_000]),
    st.floats(0.005, 5.0),
    st.floats(0.1, 10_000),
)
def test_steps_taken_for_a_day_are_the_widths_and_octaves_of_a_day(tmp_path_factory, period_ms, follow, patience):
    found = replace(
        policy(tmp_path_factory.getbasetemp(), period_ms=period_ms), follow_per_day=follow, patience_days=patience
    )
    rule = compiler.reference_rule(found)
    steps_a_day = DAY_MS / (found.hop * found.period_ms) / rule.every
    assert rule.step_q24 * steps_a_day / 2**24 == pytest.approx(follow, rel=0.01)
    assert rule.rise_q24 * steps_a_day / 2**24 == pytest.approx(compiler.PATIENT_OCTAVES / patience, rel=0.01)
    # what moves back is a twentieth: it must not vanish in rounding
    assert rule.step_q24 // 20 >= 100
    assert rule.rise_q24 // 20 >= 1


def reach(policy) -> float:
    return compiler.reference_rule(policy).reach_q12 / 4096


@pytest.mark.property
@given(st.floats(1e-3, 1e3), st.integers(1, 96))
def test_reach_extrapolates_an_exponential_tail_to_the_alarm_budget(tmp_path_factory, per_day, hop):
    found = replace(policy(tmp_path_factory.getbasetemp()), hop=hop, alarms_per_day=per_day)
    windows_a_day = DAY_MS / (hop * found.period_ms)
    share = (
        per_day / windows_a_day * max(1, found.length / hop / 2)
    )  # of windows that may fail: runs of overlapping ones
    usual, high, budget = (-math.log(p) for p in (0.2, 0.05, min(share, 0.05)))  # quantiles of the exponential
    assert reach(found) == pytest.approx(min((budget - high) / (high - usual), 8.0), abs=1 / 4096)


@pytest.mark.unit
def test_without_a_budget_reach_is_that_of_one_run_in_a_thousand_windows(tmp_path):
    found = policy(tmp_path)
    a_day = DAY_MS / (found.hop * found.period_ms)
    assert reach(found) == reach(replace(found, alarms_per_day=a_day / compiler.DEFAULT_WINDOWS))


@pytest.mark.unit
def test_a_smaller_budget_reaches_further(tmp_path):
    found = [reach(replace(policy(tmp_path), alarms_per_day=1 / days)) for days in (100, 1000, 10_000)]
    assert found == sorted(found)
    assert np.diff(found) == pytest.approx([math.log(10) / math.log(4)] * 2, abs=1e-3)


@pytest.mark.unit
def test_a_regimes_limit_follows_as_a_regimes_and_is_fixed_by_a_threshold_in_radii(tmp_path):
    cell = compiler.compile_policy(policy(tmp_path)).cells[0]
    assert (cell.dimension, cell.channel, cell.mode) == ("regime", -1, layout.FOLLOW_REGIME)
    plan = compiler.compile_policy(policy(tmp_path, "[dimensions.regime]\nthreshold = 4"))
    assert (plan.cells[0].mode, plan.cells[0].limit_q24) == (layout.FIXED, 10 << 24)  # 4 radii of 256


@pytest.mark.unit
@pytest.mark.parametrize("more", ["", "[dimensions.regime]\nthreshold = 4"])
def test_regimes_are_known_and_asked_about_with_a_threshold_as_without(more, tmp_path):
    plan = compiler.compile_policy(policy(tmp_path, more))
    assert plan.has_regimes()
    reference = Reference(plan.for_device(), None, 0)
    regimes = reference.regimes
    regimes.replace([[0] * layout.SIGNATURE_STRIDE], [100])
    stats = array("i", bytes(4 * (layout.HEAD + layout.STRIDE)))
    stats[layout.HEAD + layout.VALID] = plan.length
    stats[layout.HEAD + layout.SUM] = 30_000 * plan.length  # far above
    dimensions = Dimensions(plan.for_device())
    dimensions.fill(stats, reference)
    assert dimensions.values[0] > layout.RARITY_DECADE
    for _ in range(3 * plan.length // plan.hop):
        dimensions.fill(stats, reference)
        reference.follow(stats)
    assert reference.array[layout.ASKED]
