"""The remelting furnace's recording: its phases, its physics, and the handful of melts that fail."""

import csv

import numpy as np
import pytest
from motegate.examples.remelting import faults, record
from motegate.firmware.errors import InputError
from motegate.train import policy

from tests.examples.folder import EXAMPLES

pytestmark = pytest.mark.unit

DAYS, SEED = 50, 1


@pytest.fixture(scope="module")
def good():
    return list(csv.DictReader(record.record(DAYS, SEED)))


@pytest.fixture(scope="module")
def faulty():
    return list(csv.DictReader(record.record(DAYS, SEED, faults.FAULTS)))


def column(rows, name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in rows])


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(good):
    assert list(csv.DictReader(record.record(DAYS, SEED))) == good
    assert list(csv.DictReader(record.record(DAYS, 2))) != good


def test_a_melt_or_two_a_day_of_five_hours_make_a_few_hundred_a_year():
    melts = record.schedule(365, SEED)
    assert 450 < len(melts) < 650
    assert {len([m for m in melts if m.start // faults.DAY == day]) for day in range(365)} == {1, 2}
    assert all(abs(melt.end - melt.start - record.LENGTH) <= 25 for melt in melts)


def test_a_melt_has_its_phases_and_a_pause_has_nothing(good):
    current, rate, pressure = (column(good, name) for name in ("current", "melt_rate", "pressure"))
    for melt in record.schedule(DAYS, SEED):
        steady = slice(melt.start + record.SLAG, melt.end - record.HOT_TOP)
        assert current[steady].mean() == pytest.approx(melt.current, abs=0.05)
        assert current[melt.start + 2] < 0.5 * melt.current
        assert current[melt.end - 1] < 0.6 * melt.current
        assert 6 < rate[melt.start + 120 : melt.end - record.HOT_TOP].mean() < 10
        before = pressure[melt.start - 30 : melt.start].mean()
        assert pressure[melt.start : melt.start + 30].mean() - before == pytest.approx(record.ARGON, abs=2)
        assert abs(current[melt.start - 30 : melt.start]).max() < 0.2


def test_the_melt_rate_is_what_the_power_beyond_the_losses_melts(good):
    current, voltage, rate = (column(good, name) for name in ("current", "voltage", "melt_rate"))
    melt = record.schedule(DAYS, SEED)[0]
    steady = slice(melt.start + 120, melt.end - record.HOT_TOP)
    power = (current[steady] * voltage[steady]).mean()
    assert rate[steady].mean() == pytest.approx((power - record.LOSSES) / record.HEAT / 60, rel=0.03)


def test_every_fault_has_a_melt_of_its_own_behind_the_good_days(faulty):
    named = [row["fault"] for row in faulty]
    assert {*named} == {"", *(fault.name for fault in faults.FAULTS)}
    episodes = faults.place(faults.FAULTS, [(m.start, m.end) for m in record.schedule(DAYS, SEED)], SEED, DAYS)
    assert min(episode.start for episode in episodes) >= faults.GOOD_DAYS * faults.DAY
    for episode in episodes:
        mine = [m for m in record.schedule(DAYS, SEED) if m.start <= episode.start < m.end]
        assert len(mine) == 1
        assert episode.end <= mine[0].end
        assert {row["fail.melt"] for row in faulty[episode.start : episode.end]} == {"1"}
    assert sum(row["fail.melt"] == "1" for row in faulty) == sum(e.end - e.start for e in episodes)


def test_a_fault_changes_no_reading_outside_its_melt(good, faulty):
    episodes = faults.place(faults.FAULTS, [(m.start, m.end) for m in record.schedule(DAYS, SEED)], SEED, DAYS)
    near = {i for e in episodes for i in range(e.start, e.end + 60)}  # the melt rate lags
    names = ("current", "voltage", "melt_rate", "pressure")
    for i, (row, as_it_was) in enumerate(zip(faulty, good, strict=True)):
        if i not in near:
            assert [row[name] for name in names] == [as_it_was[name] for name in names]


def test_each_fault_is_as_large_as_its_list_says(good, faulty):
    def change(name: str, channel: str) -> float:
        rows = [i for i, row in enumerate(faulty) if row["fault"] == name]
        return float(
            np.mean([float(faulty[i][channel]) for i in rows]) / np.mean([float(good[i][channel]) for i in rows])
        )

    assert change("tap_changer", "current") == pytest.approx(0.85, abs=0.01)
    assert change("cracked_electrode", "melt_rate") == pytest.approx(0.62, abs=0.04)
    assert change("deep_electrode", "voltage") == pytest.approx(0.8, abs=0.02)
    assert change("slag_loss", "voltage") == pytest.approx(1 + 1 / record.RESISTANCE, abs=0.05)
    leak = [
        float(r["pressure"]) - float(g["pressure"])
        for r, g in zip(faulty, good, strict=True)
        if r["fault"] == "argon_leak"
    ]
    assert np.mean(leak) == pytest.approx(-30, abs=0.5)
    assert len({row["melt_rate"] for row in faulty if row["fault"] == "stuck_load_cell"}) == 1


def test_a_recording_too_short_for_its_faults_says_how_long_it_must_be():
    with pytest.raises(InputError, match="8 faults need 24: try 48 days or more"):
        list(record.record(20, SEED, faults.FAULTS))


def test_the_policy_reads_and_a_melt_lasts_several_windows():
    rules = policy.load(EXAMPLES / "remelting" / "policy.toml")
    assert 4 * rules.length <= record.LENGTH
    assert rules.reference_windows * rules.hop <= faults.GOOD_DAYS * faults.DAY


@pytest.mark.campaign
def test_a_handful_of_failing_melts_is_learned_from_and_held_out_one_by_one(tmp_path):
    from motegate.train.training import train

    data = tmp_path / "melts.csv"
    data.write_text("\n".join(record.record(70, SEED, faults.FAULTS)) + "\n")
    found = train(EXAMPLES / "remelting" / "policy.toml", [data], tmp_path / "work")
    held = found.metrics["parents"]["melt"]["cross_validation"]
    assert (held["way"], held["events"], held["skipped"]) == ("leave one event out", 8, 0)
    assert held["found"] >= 4
    assert held["false_alarm_runs"] <= 20
