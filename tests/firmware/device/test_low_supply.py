"""A supply that runs low: fewer windows, each still what its samples make it, and fewer frames."""

import shutil

import numpy as np
import pytest
from motegate.convert import bundle
from motegate.convert.bundle import sensors
from motegate.firmware import boards
from motegate.firmware.device.layout import READY
from motegate.firmware.device.sleep.low_supply import LowSupply
from motegate.firmware.errors import InputError
from motegate.firmware.link.frames import Error, Recovered, Verdict
from motegate.train import policy

from tests.firmware import handmade

from .test_loop import Mote, Sensor, said, started

pytestmark = pytest.mark.unit


class Volts:
    mv = 3000

    def count(self):
        return self.mv


def run(root, steps, quiet=0):
    """Windows of a quiet stream while the supply is as ``steps`` has it, (windows, millivolts)."""
    mote = Mote()
    gate, _ = started(root, mote, [Sensor(300), Sensor(100)])
    while not gate.reference.array[READY]:
        gate.step()
    mote.readers["supply_mv"] = volts = Volts()
    gate.readers.append(LowSupply(gate, mote, gate.readers[0], 2400, 16, quiet))
    seen = []
    for windows, volts.mv in steps:
        for _ in range(windows):
            before = gate.windows
            while gate.windows == before:
                gate.step()
            seen.append((gate.ring.seconds(), bytes(gate.scan.stats), list(gate.verdict.values)))
    return mote, seen


@pytest.fixture
def root(replaying, tmp_path):
    return f"{shutil.copytree(replaying, tmp_path / 'board')}/"


def test_below_the_threshold_windows_are_judged_farther_apart_and_stay_what_they_are(root, tmp_path):
    mote, slow = run(root, [(3, 3000), (4, 2300), (2, 2500), (3, 2600)])
    ends = np.array([end for end, _, _ in slow])
    assert np.diff(ends).tolist() == [8] * 3 + [16] * 6 + [8] * 2
    assert [(e.message, e.of) for e in said(mote, Error)] == [("ValueError: 2300 mV", "supply")]
    assert [r.of for r in said(mote, Recovered)] == ["supply"]
    other = shutil.copytree(root, tmp_path / "other")
    _, usual = run(f"{other}/", [(30, 3000)])
    known = {end: stats for end, stats, _ in usual}
    assert all(known[end] == stats for end, stats, _ in slow)


def test_a_passing_window_is_worth_no_frame_then(root):
    mote, seen = run(root, [(4, 3000), (6, 2300), (4, 2700)], quiet=1)
    verdicts = [v for v in said(mote, Verdict) if v.action is not None][-len(seen) :]
    stamps = {v.t[0]: v.passes for v in verdicts}
    low = [end for end, _, _ in seen[5:10]]
    assert all(end not in stamps or 0 in stamps[end] for end in low)
    assert seen[-1][0] in stamps


def test_a_board_that_cannot_read_its_supply_is_refused(tmp_path):
    text = handmade.ONE_CHANNEL.replace("pin = 26", "pin = 32") + "[power]\nlow_mv = 2300\n"
    rules = policy.loads(text + '[deploy]\nboard = "ESP32_GENERIC"\n', tmp_path / "policy.toml")
    with pytest.raises(InputError, match=r"power\.low_mv: ESP32_GENERIC cannot read its supply; .*RPI_PICO"):
        sensors.table(rules, boards.load("ESP32_GENERIC"))


def test_the_bundle_carries_what_the_policy_says(tmp_path):
    text = handmade.ONE_CHANNEL + '[power]\nlow_mv = 2300\nlow_hops = 9\nlow_frames = "all"\n'
    made = bundle.build(handmade.work(tmp_path / "work", text), "RPI_PICO")
    assert '"low":[2300,16,0]' in (made.folder / "gate" / "service.json").read_text()
    assert "lib/motegate/sleep/low_supply.mpy" in made.files
