"""Drift alarms of the virtual board: a lasting change is said once, with its beginning, and so is its end."""

import json

import pytest
from motegate.device_sim.simulate import simulate
from motegate.firmware.link import Drift, Hello

from . import hand

pytestmark = pytest.mark.device
START_S = 189_388_800  # 2026-01-01, since 2020
POLICY = hand.POLICY + "[adapt]\ndrift_alarms = true\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drift")
    values = hand.stream(64 * 260)
    values[64 * 60 : 64 * 61] += 4  # an odd window
    values[64 * 100 : 64 * 140] += 4
    values[64 * 200 : 64 * 210] = float("nan")
    data = hand.recording_of(folder / "stream.csv", values)
    summary = simulate(hand.work(folder / "work", data, policy=POLICY), [data], folder / "out", heap_kb=128)
    return summary, folder / "out"


def of(run, parent: str) -> list[dict]:
    return [alarm for alarm in run[0].drift["alarms"] if alarm["of"] == parent]


def test_a_lasting_change_and_its_end_are_said_once_each(run):
    begun, over, *_ = of(run, "contextual")
    assert (begun["changed"], over["changed"]) == (1, 0)
    assert begun["since"] == 4  # five failing windows in a row: 20 is above 16
    assert (begun["looked"], begun["failed"], begun["hard"]) == (5, 5, 0)
    assert (begun["t"][0] - START_S) // 64 == 104  # its newest record is in the fifth window
    assert over["t"][0] - begun["t"][0] == pytest.approx(64 * (40 - 5 + 17), abs=64 * 2)
    assert (over["looked"], over["failed"]) == (17, 0)


def test_missing_samples_are_hard_evidence(run):
    begun, over = of(run, "intrinsic")
    assert (begun["changed"], begun["looked"], begun["failed"], begun["hard"]) == (1, 5, 5, 5)
    assert (over["changed"], over["hard"]) == (0, 0)


def test_the_frames_are_events_and_nothing_is_allocated_for_them(run):
    events = [json.loads(line) for line in (run[1] / "events.jsonl").read_text().splitlines()]
    said = [event for event in events if event["k"] == "drift"]
    assert len(said) == len(run[0].drift["alarms"]) + len(run[0].drift["notices"])
    assert run[0].heap.allocated_per_window == 0
    assert run[0].errors == 0


def test_a_policy_that_wants_none_gets_none(work, recorded, tmp_path):
    assert simulate(work, [recorded], tmp_path, heap_kb=112).drift == {}


@pytest.mark.unit
def test_a_person_reads_what_a_drift_frame_says():
    names = Hello(parents=("intrinsic", "contextual"))
    begun = Drift((0, 0), 1, True, 4, 5, 5, 2).line(names)
    assert begun.endswith("contextual has changed, since 4 windows: 5 of 5 failed, 2 of them with missing, invalid, "
                          "railed or stuck samples")  # fmt: skip
    assert (
        Drift((0, 0), 0, False, 16, 17, 0, 0)
        .line(names)
        .endswith("is as before again, since 16 windows: 0 of 17 failed")
    )
