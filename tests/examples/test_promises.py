"""What two examples promise, from the recording that they make to the verdicts on another of theirs."""

import csv
from pathlib import Path

import numpy as np
import pytest
from motegate.convert.convert import convert
from motegate.examples.smart_meter import record as household
from motegate.examples.vacuum_pump import faults
from motegate.examples.vacuum_pump import record as pump
from motegate.train import metrics, policy, recording
from motegate.train.host import Trained, judge, ring
from motegate.train.training import train

from tests.examples.folder import EXAMPLES

pytestmark = pytest.mark.unit

SURE = ("batch_current", "idle_current", "idle_low", "leak", "missing", "open_valve", "stuck")
WITHIN = 5  # windows
PANELS = 180  # their first day


def learned(example: str, recorded: Path, work: Path) -> Trained:
    train(EXAMPLES / example / "policy.toml", [recorded], work)
    convert(work)
    return Trained.load(work)


def failing(trained: Trained, path: Path, parent: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """bool[k]: each judged window fails (one parent, or any classifier); int64[k, length] its rows."""
    rules = policy.load(EXAMPLES / path.parent.name / "policy.toml")
    records = recording.read(rules, [path])
    slots, said = ring.expand(trained.plan, records), judge.judge(trained, records)
    fails = said.fails(trained.plan)[parent] if parent else ~said.passes.all(axis=1)
    return fails, slots.row[slots.windows[said.first :, None] + np.arange(trained.plan.length)]


def test_the_pump_s_faults_are_found_within_five_windows_at_one_false_alarm_run_a_week_or_so(tmp_path):
    folder = tmp_path / "vacuum_pump"
    folder.mkdir()
    good, faulty = folder / "good.csv", folder / "faulty.csv"
    good.write_text("\n".join(pump.record(21, 1)) + "\n")
    faulty.write_text("\n".join(pump.record(21, 15, faults.FAULTS)) + "\n")
    fails, rows = failing(learned("vacuum_pump", good, tmp_path / "work"), faulty)
    with faulty.open() as file:
        fault = np.array([row["fault"] for row in csv.DictReader(file)])[rows]
    for name in SURE:
        here = fails[(fault == name).any(axis=1)]
        assert here[: WITHIN + 1].any(), name
    clean = (fault == "").all(axis=1)
    assert len(metrics.spans(fails & clean)) <= 6  # in 16 days: two a week, and room for chance


@pytest.mark.campaign
def test_panels_on_another_house_are_noticed_within_two_days_and_its_year_is_quiet(tmp_path):
    folder = tmp_path / "smart_meter"
    folder.mkdir()
    here, there, changed = folder / "here.csv", folder / "there.csv", folder / "changed.csv"
    here.write_text(household.household(365, 1).text())
    other = household.household(365, 2)
    there.write_text(other.text())
    yielded = household.panels(other.times, 4.0, PANELS)
    changed.write_text(household.lay_over(other, [(PANELS, -yielded)], labels=False).text())
    trained = learned("smart_meter", here, tmp_path / "work")
    fails, rows = failing(trained, changed, "contextual")
    day = rows[:, -1] / 96 - PANELS
    assert fails[(day >= 0) & (day <= 2)].any()
    assert fails[(day >= 0) & (day <= 7)].mean() > 0.2
    quiet, _ = failing(trained, there, "contextual")
    assert len(metrics.spans(quiet)) <= 2 * 11  # eleven months at one a month, twice over
