"""The vacuum pump's recording: its physics, its faults and its policy."""

import csv
import itertools
import math

import pytest
from motegate.examples.vacuum_pump import faults, record
from motegate.firmware.errors import InputError
from motegate.train import policy

from tests.examples.folder import EXAMPLES

pytestmark = pytest.mark.unit

DAYS, SEED = 21, 1


def rows(*names: str, days: int = DAYS, seed: int = SEED) -> list[dict[str, str]]:
    chosen = [fault for fault in faults.FAULTS if fault.name in names]
    return list(csv.DictReader(record.record(days, seed, chosen)))


@pytest.fixture(scope="module")
def good() -> list[dict[str, str]]:
    return rows()


@pytest.fixture(scope="module")
def faulty() -> list[dict[str, str]]:
    return rows(*(fault.name for fault in faults.FAULTS))


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(good):
    assert rows() == good
    assert rows(seed=2) != good


def test_a_row_a_minute_without_labels_where_nothing_is_wrong(good):
    assert len(good) == DAYS * faults.DAY
    assert list(good[0]) == ["timestamp", "pressure", "current"]
    assert (good[0]["timestamp"], good[1]["timestamp"]) == ("2026-03-02T00:00:00", "2026-03-02T00:01:00")


def test_the_pressure_falls_with_the_time_constant_of_volume_over_speed(good):
    for batch in record.schedule(DAYS, SEED):
        early, late = (float(good[batch.start + minute]["pressure"]) - batch.base for minute in (2, 22))
        assert 20 / math.log(early / late) == pytest.approx(batch.volume / (batch.speed * 60), rel=0.05)
        assert float(good[batch.end - 1]["pressure"]) == pytest.approx(batch.base, abs=2)


def test_the_motor_works_hardest_at_outside_pressure_over_e():
    batch = record.Batch(0, 180)
    drawn = {p: record.current(batch, 100, p, 1010.0) for p in range(5, 1010, 5)}
    assert max(drawn, key=drawn.get) == pytest.approx(1010 / math.e, abs=5)
    assert drawn[5] < record.RATED


def test_a_start_shows_as_inrush_in_the_first_minute_only():
    batch = record.Batch(0, 180)
    first, second = (record.current(batch, minute, 1000.0, 1010.0) for minute in (0, 1))
    assert first - second == pytest.approx(record.INRUSH, rel=0.1)


def test_the_chamber_idles_at_the_weather_with_the_motor_off(good):
    outside = record.weather(DAYS * faults.DAY, SEED)
    idle = [i for i in range(len(good)) if i % faults.DAY in (60, 720, 1320)]
    for i in idle:
        assert float(good[i]["pressure"]) == pytest.approx(outside[i], abs=5 * record.PRESSURE_NOISE)
        assert float(good[i]["current"]) == pytest.approx(record.STANDBY, abs=5 * record.CURRENT_NOISE)


def test_labels_lie_where_the_faults_are_and_name_their_parent(faulty):
    parents = {fault.name: fault.parent for fault in faults.FAULTS}
    for row in faulty:
        for parent in ("intrinsic", "contextual"):
            assert row[f"fail.{parent}"] == str(int(parents.get(row["fault"]) == parent))
    assert {row["fault"] for row in faulty} == {*parents, ""}


@pytest.mark.parametrize("seed", range(1, 21))
def test_every_fault_lies_alone_with_a_day_of_good_rows_around_it(seed):
    batches = [(batch.start, batch.end) for batch in record.schedule(DAYS, seed)]
    episodes = faults.place(faults.FAULTS, batches, DAYS * faults.DAY)
    assert episodes[0].start >= 8 * faults.DAY
    assert all(later.start - before.end >= faults.DAY for before, later in itertools.pairwise(episodes))
    assert DAYS * faults.DAY - episodes[-1].end >= faults.DAY
    for episode in episodes:
        touched = [b for b in batches if b[0] < episode.end and episode.start < b[1]]
        assert (touched != []) == (episode.fault.regime == "batch")


def test_outside_the_batches_that_are_at_fault_a_fault_changes_nothing(good, faulty):
    worn = {fault.name for fault in faults.FAULTS if fault.regime == "batch"}
    ends = [i for i, row in enumerate(faulty) if row["fault"] in worn]
    behind = {i + more for i in ends for more in range(faults.DAY // 6)}
    for i, (row, as_it_was) in enumerate(zip(faulty, good, strict=True)):
        if not row["fault"] and i not in behind:
            assert (row["pressure"], row["current"]) == (as_it_was["pressure"], as_it_was["current"])


def test_each_fault_is_as_large_as_its_list_says(good, faulty):
    for row, as_it_was in zip(faulty, good, strict=True):
        away = {k: float(row[k] or "nan") - float(as_it_was[k]) for k in ("pressure", "current")}
        match row["fault"]:
            case "idle_low":
                assert away["pressure"] == pytest.approx(-300, abs=0.2)
            case "idle_high":
                assert away["pressure"] == pytest.approx(30, abs=0.2)
            case "idle_current":
                assert away["current"] == pytest.approx(0.3, abs=0.02)
            case "batch_current":
                assert away["current"] == pytest.approx(1.0, abs=0.02)
    leak = [float(row["pressure"]) for row in faulty if row["fault"] == "leak"]
    assert min(leak) == pytest.approx(400, abs=10)
    assert len({row["pressure"] for row in faulty if row["fault"] == "stuck"}) == 1
    missing = [row["pressure"] == "" for row in faulty if row["fault"] == "missing"]
    assert sum(missing) / len(missing) == pytest.approx(0.5, abs=0.15)


def test_a_recording_too_short_for_a_fault_says_how_long_it_must_be():
    with pytest.raises(InputError, match="no room for the fault leak; try 10 or more"):
        rows("leak", days=9)
    assert any(row["fault"] for row in rows("leak", days=10))


def test_the_policy_reads_and_a_batch_lasts_several_windows():
    rules = policy.load(EXAMPLES / "vacuum_pump" / "policy.toml")
    assert 60 <= faults.DAY / rules.hop <= 200
    assert 3 * rules.length <= record.LENGTH  # side by side
