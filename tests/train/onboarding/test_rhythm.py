"""What a recording's own time proposes: windows that hold a cycle, a reference that sees both ways of a process."""

import re

import numpy as np
import pytest
from motegate.train.onboarding import init, rhythm
from motegate.train.policy import loads

pytestmark = pytest.mark.unit
DAY_S = 86_400


def recording(path, seconds: float, **channels: np.ndarray):
    n = len(next(iter(channels.values())))
    rows = np.column_stack([np.round(np.arange(n) * seconds * 1000), *channels.values()])
    np.savetxt(path, rows, fmt=["%d"] + ["%.4f"] * len(channels), delimiter=",", comments="",
               header=",".join(["t_ms", *channels]))  # fmt: skip
    return path


def proposed(path):
    text = init.init(path)
    return loads(text, path.with_name("policy.toml")), init.notes(text), text


def noise(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


def test_a_meter_gets_windows_of_a_day(tmp_path):
    n = 96 * 90
    load = 0.3 + 2 * np.exp(-(((np.arange(n) % 96 - 75) / 6) ** 2)) + 0.2 * np.abs(noise(n))
    policy, notes, text = proposed(recording(tmp_path / "meter.csv", 900, power=load))
    assert (policy.length, policy.hop) == (96, 8)
    assert "a day of 96 rows in power" in text
    assert not [note for note in notes if "too short" in note]


def test_a_machine_that_turns_gets_windows_of_two_cycles_and_a_reference_of_both_speeds(tmp_path):
    n = 72_000  # two hours at 10 Hz, another speed every ten minutes
    fast = np.arange(n) // 6000 % 2
    turned = 2 * np.pi * np.cumsum(np.where(fast, 2.1, 0.9)) / 10
    x = (0.2 + 0.6 * fast) * np.sin(turned) + 0.05 * noise(n)
    y = (0.2 + 0.6 * fast) * np.cos(turned) + 0.05 * noise(n, 1)
    policy, notes, text = proposed(recording(tmp_path / "acc.csv", 0.1, x=x, y=y, z=1 + 0.02 * noise(n, 2)))
    assert policy.period_ms == 100
    assert 16 <= policy.length <= 64
    assert "two times a cycle of" in text
    assert policy.reference_windows >= 3 * 6000 // policy.hop  # until the second visit of each
    assert any("too short to show a season" in note for note in notes)


def test_a_cycle_too_long_for_a_window_is_said(tmp_path):
    n = 40_000
    x = np.sin(2 * np.pi * np.arange(n) / 2000) + 0.1 * noise(n)
    policy, notes, _ = proposed(recording(tmp_path / "slow.csv", 1, x=x))
    assert (policy.length, policy.hop) == (64, 64)
    (rows,) = [
        int(found[1]) for note in notes if (found := re.match(r"a cycle of (\d+) rows in x: no window of", note))
    ]
    assert rows == pytest.approx(2000, rel=0.02)


def test_two_ways_of_which_one_comes_once_are_too_short_for_a_reference(tmp_path):
    x = np.where(np.arange(30_000) < 20_000, 1.0, 3.0) + 0.1 * noise(30_000)
    _, notes, _ = proposed(recording(tmp_path / "once.csv", 1, x=x))
    assert any(note.startswith("x runs at two levels: too short for a reference of both") for note in notes)


def test_noise_has_no_cycle_and_one_way(tmp_path):
    policy, notes, text = proposed(recording(tmp_path / "noise.csv", 1, x=noise(30_000)))
    assert (policy.length, policy.hop, policy.reference_windows) == (64, 64, 93)
    assert "cycle" not in text
    assert not [note for note in notes if "two" in note]


def test_the_sensor_that_is_missing_is_named_at_once(tmp_path):
    _, notes, _ = proposed(recording(tmp_path / "noise.csv", 1, x=noise(3000)))
    assert notes[-1].startswith("no channel has a sensor")


@pytest.mark.parametrize("period", [7, 20, 33, 150])
def test_the_cycle_found_is_the_shortest_one(period):
    x = np.sin(2 * np.pi * np.arange(4000) / period) + 0.5 * noise(4000)
    assert rhythm._own(rhythm.autocorrelation(x)) == pytest.approx(period, rel=0.02, abs=1)


def test_a_split_is_as_clear_as_its_groups_are_apart():
    x = noise(4000)
    assert rhythm.split(x)[0] == pytest.approx(2 / np.pi, abs=0.02)  # of a normal variable
    two = np.where(np.arange(4000) % 10 < 3, 12.0, 0.0) + x
    share, upper = rhythm.split(two)
    assert share > 0.95
    assert (upper == (np.arange(4000) % 10 < 3)).all()
    assert rhythm.split(np.ones(50))[0] == 0.0
