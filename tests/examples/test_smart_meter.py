"""The household's recording, and what is laid over it."""

import csv
import io
import sys
from datetime import date

import numpy as np
import pytest
from motegate.examples.smart_meter import record
from motegate.examples.smart_meter.record import car, household, lay_over, load, panels, read, times
from motegate.examples.smart_meter.solar import days_of, sun
from motegate.firmware.errors import InputError
from motegate.train import policy

from tests.examples.folder import EXAMPLES

pytestmark = pytest.mark.unit

YEAR = times(365, date(2025, 1, 1))


def run(monkeypatch, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", ["record", *map(str, words)])
    record.main()


def columns(path) -> dict[str, list[str]]:
    header, *cells = csv.reader(io.StringIO(path.read_text()))
    return dict(zip(header, map(list, zip(*cells, strict=True)), strict=True))


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others():
    assert household(30, 1).text() == household(30, 1).text()
    assert household(30, 1).text() != household(30, 2).text()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_household_draws_more_in_winter_and_in_the_evening_and_never_feeds_in(seed):
    power = load(365, seed).reshape(365, 96)
    assert power.min() > 0
    assert 5_000 < power.sum() / 4 < 12_000
    assert power[:60].mean() > 1.5 * power[180:240].mean()
    assert power[:, 72:84].mean() > 1.5 * power[:, 52:64].mean()


def test_two_weeks_a_summer_nobody_is_at_home():
    days = load(365).reshape(365, 96)[:, 28:88].max(axis=1)
    empty = (days < 1.0).astype(int)
    assert np.convolve(empty[180:245], np.ones(14, int), "valid").max() == 14


def test_panels_yield_nothing_at_night_and_never_more_than_their_peak():
    made = panels(YEAR, 4.0, 0)
    up = sun(YEAR + np.timedelta64(450, "s"), 48.8) > 0
    assert (made[~up] == 0).all()
    assert (made[up] > 0).mean() > 0.99
    assert made.max() <= 4.0


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_kwp_yields_800_to_1300_kwh_a_year_most_of_it_in_summer(seed):
    made = panels(YEAR, 4.0, 0, seed=seed)
    assert 800 < made.sum() / 4 / 4.0 < 1300
    days = made.reshape(365, 96).sum(axis=1)
    assert days[150:210].mean() > 2.5 * np.concatenate([days[:30], days[335:]]).mean()


def test_further_south_the_panels_yield_more():
    assert panels(YEAR, 4.0, 0, 38.0).sum() > 1.1 * panels(YEAR, 4.0, 0, 52.0).sum()


def test_clouds_differ_from_day_to_day_and_within_a_day():
    noons = panels(YEAR, 1.0, 0).reshape(365, 96)[150:210, 44:56]
    assert noons.mean(axis=1).std() > 0.1
    assert np.median(np.abs(np.diff(noons, axis=1))) > 0.02


def test_a_change_begins_on_its_day_and_is_the_same_whenever_it_begins():
    for change in (lambda day: panels(YEAR, 4.0, day), lambda day: car(YEAR, 7.4, day)):
        later = change(200)
        assert (later[days_of(YEAR) < 200] == 0).all()
        assert later.any()
        assert np.allclose(later[201 * 96 :], change(0)[201 * 96 :])


@pytest.mark.parametrize("kw", [3.7, 7.4, 11.0])
def test_a_car_charges_some_evenings_at_no_more_than_the_wallbox_gives(kw):
    drawn = car(YEAR, kw, 0)
    assert drawn.max() <= kw
    assert drawn.max() > 0.97 * kw
    evenings = drawn.reshape(365, 96)[:, 68:92].max(axis=1) > 0
    assert 0.4 < evenings.mean() < 0.7
    assert drawn.reshape(365, 96)[:, 36:56].max() == 0
    assert 2_000 < drawn.sum() / 4 < 4_500


def test_laid_over_a_recording_only_its_power_changes(tmp_path, monkeypatch):
    over, out = tmp_path / "any.csv", tmp_path / "changed.csv"
    at = times(10, date(2007, 6, 1)).astype(str)
    over.write_text(
        "timestamp,note,power_kw\n" + "".join(f"{t},a,{'' if i == 500 else 1.5}\n" for i, t in enumerate(at))
    )
    run(monkeypatch, "--over", over, "--panels", 4, "--from-day", 5, "--out", out)
    before, after = columns(over), columns(out)
    assert list(after) == ["timestamp", "note", "power_kw"]
    assert after["timestamp"] == before["timestamp"]
    assert after["note"] == before["note"]
    assert after["power_kw"][500] == ""
    assert {float(cell) for cell in after["power_kw"][: 5 * 96]} == {1.5}
    assert min(float(cell or 0) for cell in after["power_kw"][5 * 96 :]) < -0.5


def test_labels_are_1_from_the_first_change_on_and_only_if_asked_for(tmp_path, monkeypatch):
    house, plain, labelled = (tmp_path / name for name in ("house.csv", "plain.csv", "labelled.csv"))
    run(monkeypatch, "--days", 20, "--out", house)
    changes = ["--over", house, "--panels", 4, "--from-day", 12, "--car", 7.4, "--car-from-day", 8]
    run(monkeypatch, *changes, "--out", plain)
    run(monkeypatch, *changes, "--labels", "--out", labelled)
    assert list(columns(plain)) == ["timestamp", "power_kw", "voltage"]
    assert columns(labelled)["fail.contextual"] == ["0"] * 8 * 96 + ["1"] * 12 * 96
    assert columns(labelled)["power_kw"] == columns(plain)["power_kw"]


def test_a_label_that_is_there_already_stays(tmp_path):
    path = tmp_path / "labelled.csv"
    at = times(2, date(2025, 6, 1)).astype(str)
    path.write_text(
        "timestamp,power_kw,fail.contextual\n" + "".join(f"{t},1,{int(i == 3)}\n" for i, t in enumerate(at))
    )
    meter = read(path)
    laid = lay_over(meter, [(1, -panels(meter.times, 4.0, 1))], labels=True)
    assert laid.columns["fail.contextual"] == ["0", "0", "0", "1"] + ["0"] * 92 + ["1"] * 96


def test_a_real_household_takes_the_same_changes(shared):
    meter = read(shared / "data" / "uci_household_2007.csv")
    laid = lay_over(meter, [(180, -panels(meter.times, 4.0, 180))], labels=True)
    power = np.array([float(cell) for cell in laid.columns["power_kw"]])
    assert power[: 180 * 96].min() > 0 > power[180 * 96 :].min()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("timestamp,power\n2025-01-01T00:00:00,1\n", "no power_kw"),
        ("timestamp,power_kw\n", "no rows"),
        ("timestamp,power_kw\nyesterday,1\n", "ISO 8601"),
        ("timestamp,power_kw\n2025-01-01T00:00:00,much\n", "numbers"),
        ("timestamp,power_kw\n2025-01-01T00:00:00\n", "different lengths"),
    ],
)
def test_what_is_no_recording_is_refused_in_a_line(tmp_path, text, says):
    path = tmp_path / "odd.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=says):
        read(path)


def test_a_day_beyond_the_recording_is_refused():
    meter = household(10, 1)
    with pytest.raises(InputError, match="day 10 is not in the recording; expected 0 to 9"):
        lay_over(meter, [(10, np.zeros(960))], labels=False)


def test_the_policy_reads_and_its_range_holds_a_house_with_panels_and_a_car():
    rules = policy.load(EXAMPLES / "smart_meter" / "policy.toml")
    power = load() - panels(YEAR, 10.0, 0) + car(YEAR, 11.0, 0)
    low, high = rules.channels[0].range
    assert low < power.min() < 0
    assert power.max() < high
