"""The compressed-air station's recording: its physics, its faults and its policy."""

import csv
import itertools
from datetime import timedelta

import pytest
from motegate.examples.compressed_air import record
from motegate.firmware.errors import InputError
from motegate.train import policy
from motegate.train.policy import compile_policy

from tests.examples.folder import EXAMPLES

pytestmark = pytest.mark.unit

NAMES = [fault.name for fault in record.FAULTS]


def rows(*names: str, days: int = 14, seed: int = 1) -> list[dict[str, str]]:
    chosen = [fault for fault in record.FAULTS if fault.name in names]
    return list(csv.DictReader(record.record(days, seed, chosen)))


@pytest.fixture(scope="module")
def faulty() -> list[dict[str, str]]:
    return rows(*NAMES)


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others():
    one = rows(days=1)
    assert rows(days=1) == one
    assert rows(days=1, seed=2) != one


def test_a_steady_demand_is_a_saw_tooth_whose_loaded_share_is_the_demand_s():
    for share in (0.2, 0.5, 0.8):
        found = list(record.process(iter([record.CAPACITY * share] * 20_000), []))[2000:]
        pressures = [pressure for pressure, _ in found]
        assert min(pressures) == pytest.approx(record.LOAD, abs=0.03)
        assert max(pressures) == pytest.approx(record.UNLOAD, abs=0.03)
        loaded = sum(amperes > record.UNLOADED for _, amperes in found) / len(found)
        # the dryer purges four minutes in five, and is filled in the fifth
        dryer = (record.PURGE * record.PURGED + record.REFILL * (record.TURN - record.PURGED)) / record.TURN
        assert loaded == pytest.approx(share + dryer / record.CAPACITY, abs=0.02)


def test_pressure_falls_as_the_gas_law_says():
    drawn = 0.05
    found = [pressure for pressure, _ in record.process(iter([drawn] * 400), [])]
    falling = [b - a for a, b in itertools.pairwise(found) if b < a]
    # what the workshop draws goes with the absolute pressure
    above = (record.UNLOAD + record.AMBIENT) / ((record.LOAD + record.UNLOAD) / 2 + record.AMBIENT)
    assert min(falling) == pytest.approx(-record.AMBIENT * (drawn * above + record.PURGE) / record.VOLUME, rel=0.01)


def test_the_workshop_sleeps_at_night_and_at_the_weekend():
    drawn = list(record.demand(7, 3))
    hours = {(day, hour): drawn[day * record.DAY + hour * 3600 :][:3600] for day in range(7) for hour in (2, 10)}
    mean = {key: sum(values) / len(values) / record.CAPACITY for key, values in hours.items()}
    assert all(mean[day, 2] == pytest.approx(record.LEAKS) for day in range(7))
    assert all(mean[day, 10] == pytest.approx(record.LEAKS) for day in (5, 6))
    assert all(mean[day, 10] > 2 * record.LEAKS for day in range(5))


def test_labels_lie_where_the_faults_are_and_name_their_parent(faulty):
    parents = {fault.name: fault.parent for fault in record.FAULTS}
    for row in faulty:
        for parent in ("intrinsic", "contextual"):
            assert row[f"fail.{parent}"] == str(int(parents.get(row["fault"]) == parent))
    assert {row["fault"] for row in faulty} == {*parents, ""}


def test_every_fault_lies_alone_in_a_working_day_behind_the_good_ones():
    episodes = record.place(record.FAULTS, 14)
    assert episodes[0].start >= record.GOOD_DAYS * record.DAY
    assert all(later.start - before.end >= record.BETWEEN for before, later in itertools.pairwise(episodes))
    for episode in episodes:
        begin = record.START + timedelta(seconds=episode.start)
        assert begin.weekday() < 5
        assert record.SHIFT[0] <= episode.start % record.DAY < episode.end % record.DAY <= record.SHIFT[1]


def test_a_fault_leaves_all_before_it_as_it_was(faulty):
    good = rows()
    first = next(i for i, row in enumerate(faulty) if row["fault"])
    for row, as_it_was in zip(faulty[:first], good[:first], strict=True):
        assert (row["pressure"], row["current"]) == (as_it_was["pressure"], as_it_was["current"])


def test_each_fault_does_what_its_list_says(faulty):
    def of(name: str, column: str) -> list[float]:
        return [float(row[column] or "nan") for row in faulty if row["fault"] == name]

    turns = {name: sum(a > 50 > b for a, b in itertools.pairwise(of(name, "current"))) for name in ("flooded", "")}
    hours = {name: len(of(name, "current")) / 360 for name in turns}
    assert turns["flooded"] / hours["flooded"] > 2 * turns[""] / hours[""]
    leak = of("leak", "current")
    half = len(leak) // 2
    assert sum(x > 50 for x in leak[half:]) > 1.1 * sum(x > 50 for x in leak[:half])
    assert sum(x > 50 for x in of("worn", "current")) > 1.2 * sum(x > 50 for x in of("stuck", "current"))
    assert max(of("offset", "pressure")) > record.UNLOAD + 0.3
    assert len({row["pressure"] for row in faulty if row["fault"] == "stuck"}) == 1
    missing = [row["pressure"] == "" for row in faulty if row["fault"] == "missing"]
    assert sum(missing) / len(missing) == pytest.approx(0.5, abs=0.05)
    assert sum(x < record.LOAD - 0.5 for x in of("spikes", "pressure")) / 1440 == pytest.approx(0.1, abs=0.03)


def test_too_few_days_are_refused_with_how_many_would_do():
    with pytest.raises(InputError, match=r"6 days have no room for the fault leak; try 8 or more"):
        record.place(record.FAULTS, 6)


def test_its_policy_is_right_and_guards_the_forecaster():
    rules = policy.load(EXAMPLES / "compressed_air" / "plant.toml")
    compile_policy(rules)
    assert [channel.name for channel in rules.channels] == ["pressure", "current"]
    assert rules.period_ms == record.PERIOD * 1000
    assert rules.models[0].file.name == "plant.tflite"
