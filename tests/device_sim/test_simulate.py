"""The virtual board: the shipped main loop on the real VM, and what is written of it."""

import json

import numpy as np
import pytest
from motegate.device_sim.machines.unix import launch
from motegate.device_sim.simulate import simulate
from motegate.firmware.errors import InputError, RefusedError
from motegate.firmware.link.decoder import Frame, parse

from . import hand

pytestmark = pytest.mark.device


@pytest.fixture(scope="module")
def run(work, recorded, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return simulate(work, [recorded], out, heap_kb=112), out


def test_the_summary_holds_what_the_design_names(run):
    summary, out = run
    written = json.loads((out / "summary.json").read_text())
    assert set(written) >= {
        "windows", "verdicts", "actions", "heap", "virtual_s", "wall_s", "energy", "drift", "adapt",
    }  # fmt: skip
    assert written == json.loads(json.dumps(summary.as_json()))
    assert written["windows"] == 200
    assert written["commissioning"] == 20
    assert written["virtual_s"] == 64 * 200
    assert set(written["energy"]) >= {"mWh", "battery_days"}
    assert {sum(counts.values()) for counts in written["verdicts"].values()} == {180}
    assert sum(written["actions"].values()) == 180
    assert written["frames"]["damaged"] == written["frames"]["lost"] == written["errors"] == 0


def test_the_account_of_energy_adds_up(run):
    energy = json.loads((run[1] / "summary.json").read_text())["energy"]
    assert sum(energy["mWh_by_work"].values()) == pytest.approx(energy["mWh"], rel=1e-3)
    low, high = energy["battery_days_range"]
    assert low < energy["battery_days"] < high
    assert energy["days_by_sleep"]["none"] == pytest.approx(energy["battery_days"], rel=0.05)
    assert energy["saves_most"] == {"policy": 'power.sleep = "light"', "battery_days": energy["days_by_sleep"]["light"]}
    assert "two AA cells for " in run[0].lines()[-1]


def test_a_battery_is_called_what_it_is(work, recorded, run, tmp_path):
    own = simulate(work, [recorded], tmp_path, heap_kb=112, battery_mwh=1500.0)
    assert "(1,500 mWh for " in own.lines()[-1]
    assert own.energy.account.days < run[0].energy.account.days


def test_faults_fail_the_parent_they_belong_to(run):
    verdicts = run[0].verdicts
    assert verdicts["intrinsic"]["fail"] == 3  # the spike, and two windows without data
    assert verdicts["contextual"]["fail"] == 7  # the spike and four windows out of the band, and two without data
    assert verdicts["integrity"]["fail"] == 7
    assert run[0].actions == {"use": 173, "keep": 4, "discard": 3}
    assert run[0].no_data == 2


def test_every_frame_is_an_event_with_its_virtual_time(run):
    events = [json.loads(line) for line in (run[1] / "events.jsonl").read_text().splitlines()]
    assert events[0]["k"] == "hello"
    assert sum(event["k"] == "verdict" for event in events) == 200
    assert [event["n"] for event in events] == list(range(len(events)))
    times = [event["at"] for event in events]
    assert times == sorted(times)
    assert times[1] == 63.0
    assert times[-1] == 64 * 200 - 1


def test_pins_and_stored_windows_come_out(run):
    summary, out = run
    assert summary.pins["15"]["level"] == 1
    assert (out / "windows.bin").read_bytes()[:4] == b"MGS1"


def test_nothing_is_left_half_written(run):
    assert {path.name for path in run[1].iterdir()} == {
        "events.jsonl", "summary.json", "report.html", "windows.bin",
    }  # fmt: skip


def test_the_boards_own_drivers_give_the_verdicts_of_the_replay(work, recorded, run, tmp_path):
    """Up to what a converter cannot say: a missing cell. It holds the value before it, which is stuck, not foreign; so
    the window whose first five cells are missing is stuck, too."""
    driven = simulate(work, [recorded], tmp_path, drivers="board", heap_kb=128)
    assert driven.windows == run[0].windows
    assert driven.errors == 0
    assert driven.verdicts["intrinsic"]["fail"] == run[0].verdicts["intrinsic"]["fail"] + 1
    assert driven.verdicts["contextual"]["fail"] == 5
    assert driven.actions == {"use": 172, "keep": 4, "discard": 4}
    assert driven.no_data == 0


def test_an_armed_watchdog_is_fed_through_a_sleep_of_minutes(tmp_path):
    """A sample a minute, in pieces of four seconds; a window takes an hour."""
    learned = hand.recording_of(tmp_path / "learned.csv", hand.stream(64 * 40), period_s=60)
    policy = hand.POLICY.replace("period_ms = 1000", "period_ms = 60000") + "[power]\nwatchdog_ms = 5000\n"
    work = hand.work(tmp_path / "work", learned, windows=5, policy=policy)
    driven = simulate(work, [learned], tmp_path / "out", drivers="board", heap_kb=128)
    assert driven.windows == 40
    assert driven.watchdog_bites == 0
    assert driven.light_s == 0


def test_a_board_in_light_sleep_judges_as_one_that_stays_awake(tmp_path):
    learned = hand.recording_of(tmp_path / "learned.csv", hand.stream(64 * 40), period_s=60)
    text = hand.POLICY.replace("period_ms = 1000", "period_ms = 60000") + "[power]\nwatchdog_ms = 5000\n"
    driven = []
    for name, sleep in (("awake", ""), ("light", 'sleep = "light"\n')):
        work = hand.work(tmp_path / name, learned, windows=5, policy=text + sleep)
        driven.append(simulate(work, [learned], tmp_path / name / "out", drivers="board", heap_kb=128))
    awake, light = driven
    assert light.verdicts == awake.verdicts
    assert light.actions == awake.actions
    assert (light.windows, light.watchdog_bites, light.errors) == (40, 0, 0)
    assert light.light_s > 0.999 * light.virtual_s - 120
    assert light.energy.account.days == pytest.approx(awake.energy.ways[1].account.days)
    assert light.energy.account.days > 10 * awake.energy.account.days


def test_a_recording_too_short_to_commission_uses_the_trainings_reference_and_says_so(work, tmp_path):
    short = hand.recording_of(tmp_path / "short.csv", hand.stream(64 * 10, seed=3))
    summary = simulate(work, [short], tmp_path / "out")
    assert summary.commissioning == 0
    assert summary.windows == 10
    assert summary.notes == ("note: 10 windows are too few to commission: judged by the training's reference",)


def test_a_heap_too_small_is_an_answer_in_one_line(work, recorded, tmp_path):
    with pytest.raises(RefusedError, match="MemoryError") as refused:
        simulate(work, [recorded], tmp_path, heap_kb=24)
    assert "\n" not in str(refused.value)


def test_a_folder_without_a_bundle_is_refused(recorded, work, tmp_path):
    (tmp_path / "policy.toml").write_text((work / "policy.toml").read_text())
    with pytest.raises(InputError, match="no bundle here; first: motegate build"):
        simulate(tmp_path, [recorded], tmp_path / "out")


def test_a_window_takes_nothing_from_a_heap_of_96_k_over_100_000_windows(tmp_path):
    """Frames on, records from a file; the collector off while it is measured."""
    learned = hand.recording_of(tmp_path / "learned.csv", hand.stream(16 * 300))
    work = hand.work(tmp_path / "work", learned, length=16, hop=16, windows=20, use='["send:dimensions"]')
    windows = 100_000
    n = 16 * windows
    rows = np.zeros(n, [("s", "<i4"), ("ms", "<i2"), ("count", "<i2"), ("seq", "<i4")])
    rows["s"] = 189302400 + np.arange(n)
    rows["count"] = np.tile(np.round((hand.stream(16 * 500) - 5) / 0.001), n // (16 * 500) + 1)[:n]
    rows["seq"] = -1
    replay = tmp_path / "replay.bin"
    replay.write_bytes(b"MGR1" + np.array([1, 0], "<u2").tobytes() + np.array([n, 0], "<u4").tobytes() + rows.tobytes())
    kinds = {"verdict": 0, "error": 0}
    with launch(work / "firmware" / "UNIX", replay=replay, heap_kb=96, measure=1000) as running:
        for item in running.frames():
            assert isinstance(item, Frame)
            kinds[item.kind] = kinds.get(item.kind, 0) + 1
    assert kinds["verdict"] == windows
    assert kinds["error"] == 0
    assert running.seen["measured"] == 1000
    assert running.seen["allocated"] == 0
    assert running.seen["free_end"] == running.seen["free_start"] > 0


def test_events_read_back_as_the_frames_that_came(run):
    line = (run[1] / "events.jsonl").read_text().splitlines()[5]
    event = json.loads(line)
    event.pop("at")
    from zlib import crc32

    body = json.dumps(event, separators=(",", ":")).encode()
    assert isinstance(parse(body + b"\t%08x" % crc32(body)), Frame)
