"""How fast the reference follows, where the policy leaves it to training."""

from dataclasses import replace

import numpy as np
import pytest
from motegate.train import policy
from motegate.train.dataset import dataset, following
from motegate.train.policy import DEFAULT_FOLLOW, compile_policy

pytestmark = pytest.mark.unit

POLICY = """
[stream]
name = "tank"
period_ms = 3_600_000
window = { length = 12, hop = 6 }
[stream.channels.level]
unit = "m"
resolution = 0.01
range = [-100.0, 100.0]
[parents.contextual]
children = [CHILDREN]
[[actions]]
name = "all"
[reference]
windows = 160
[alarms]
per_day = 0.1
"""
BY_BAND = '"offset", "excursion"'
SWING = 8.0  # of the season, in spreads of the noise: 0.06 widths of the band a day at its steepest


def stream(folder, days: int, swing: float = 0.0, children: str = BY_BAND, more: str = ""):
    """A level once an hour: noise, on a season of a year."""
    rng = np.random.default_rng(5)
    hours = np.arange(24 * days)
    level = rng.normal(size=len(hours)) - swing * np.cos(hours / 24 / 365.25 * 2 * np.pi)
    rows = "".join(f"{t},{x:.2f}\n" for t, x in zip(hours * 3_600_000, level, strict=True))
    (folder / "level.csv").write_text("t_ms,level\n" + rows)
    (folder / "policy.toml").write_text(POLICY.replace("CHILDREN", children).replace("[alarms]", more + "[alarms]"))
    return policy.load(folder / "policy.toml"), [folder / "level.csv"]


def test_what_stands_still_is_not_followed_and_a_season_is(tmp_path):
    still = dataset.load(*stream(tmp_path, 300))
    seasonal = dataset.load(*stream(tmp_path, 300, SWING))
    assert still.policy.follow_per_day == following.RATES[0]
    assert seasonal.policy.follow_per_day in following.RATES[1:]
    for found in (still, seasonal):
        rate = found.policy.follow_per_day
        assert found.following == f"{rate:g} widths a day, the slowest that keeps the alarm budget"
        assert found.plan == compile_policy(found.policy)


def test_a_faster_season_is_followed_faster(tmp_path):
    rates = [dataset.load(*stream(tmp_path, 300, swing)).policy.follow_per_day for swing in (SWING, 3 * SWING)]
    assert rates[0] < rates[1]


def test_a_recording_that_shows_no_season_gets_the_default_and_says_so(tmp_path):
    found = dataset.load(*stream(tmp_path, following.SHORTEST_DAYS - 2, SWING))
    assert found.policy.follow_per_day == policy.DEFAULT_FOLLOW
    said = f"as {following.SHORTEST_DAYS - 2} days show no season ({following.SHORTEST_DAYS} would)"
    assert found.following == f"{policy.DEFAULT_FOLLOW:g} widths a day, {said}"


def test_a_policy_without_the_band_gets_the_default_and_says_so(tmp_path):
    found = dataset.load(*stream(tmp_path, 100, SWING, children='"spike", "noise"'))
    assert found.policy.follow_per_day == policy.DEFAULT_FOLLOW
    assert found.following.endswith("as no dimension needs the band")


def test_a_rate_that_the_policy_gives_is_kept_and_nothing_is_said(tmp_path):
    found = dataset.load(*stream(tmp_path, 100, SWING, more="follow_per_day = 0.03\n"))
    assert found.policy.follow_per_day == 0.03
    assert found.following is None


def test_where_no_rate_keeps_the_budget_the_default_is_taken_and_said(tmp_path):
    rules, _ = stream(tmp_path, 100)

    def run(plan):
        rate = plan.reference.step_q24 / plan.reference.every
        shares = np.random.default_rng(round(rate)).random(400) < 0.1 + abs(rate - nearest)
        return Tried(0, np.where(shares, following.RARE + 1, 0)[:, None].repeat(len(plan.columns), 1)), np.ones(
            400, bool
        )

    plan = compile_policy(replace(rules, follow_per_day=0.02))
    nearest = plan.reference.step_q24 / plan.reference.every
    rate, said = following.auto(rules, 100, run)
    assert rate == DEFAULT_FOLLOW
    assert said == f"{rate:g} widths a day: no rate keeps the alarm budget, the stream is not steady"


def test_windows_that_may_not_be_seen_do_not_count(tmp_path):
    rules, _ = stream(tmp_path, 100)
    seen = np.arange(400) < 300

    def run(plan):
        return Tried(0, np.where(seen, 0, following.RARE + 1)[:, None].repeat(len(plan.columns), 1)), seen

    assert following.auto(rules, 100, run)[0] == following.RATES[0]


class Tried:
    """What ``auto`` reads of a run."""

    def __init__(self, first, values):
        self.first, self.values = first, values
