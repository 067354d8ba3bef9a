"""A sensor is one file: a driver put among the device's, with nothing else changed, is checked, built and simulated."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from motegate.device_sim.simulate import simulate

pytestmark = pytest.mark.device

ROOT = Path(__file__).resolve().parents[2]
DRIVER = '''"""The mean of several readings of an analogue pin."""

from .scaling import count

KEYS = {"pin": ("analogue pin",), "times": ("whole", 1, 16)}
DEFAULTS = {"times": 4}


def reading(keys):
    return str(keys["pin"]), 16, False, False


class Oversampled:
    def __init__(self, adc, times, scaling):
        self._adc = adc
        self._times = times
        self._scaling = scaling

    def count(self):
        total = 0
        for _ in range(self._times):
            total += self._adc.read_u16()
        return count(total // self._times, *self._scaling)


def make(shared, scaling, pin, times):
    import machine

    return Oversampled(machine.ADC(pin), times, scaling)
'''
RUN = """
import json, sys
from pathlib import Path
from motegate.device_sim.simulate import simulate
from motegate.train.policy import PolicyError, loads
from tests.device_sim import hand

folder, data = Path(sys.argv[1]), Path(sys.argv[2])
text = hand.POLICY.replace('driver = "adc"', 'driver = "oversampled"')
found = simulate(hand.work(folder / "work", data, policy=text), [data], folder / "out", drivers="board")
manifest = json.loads((folder / "work" / "firmware" / "UNIX" / "manifest.json").read_text())
try:
    wrong = text.replace("pin = 26", "pin = 26, times = 17").format(length=64, hop=64, windows=20, use="[]")
    said = str(loads(wrong, Path("policy.toml")))
except PolicyError as error:
    said = str(error)
files = sorted(manifest["files"])
print(json.dumps({"verdicts": found.verdicts, "errors": found.errors, "said": said, "files": files}))
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """The package with one file more."""
    tree = tmp_path_factory.mktemp("tree")
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "motegate", tree / "motegate", ignore=leave)
    for room in ("train", "convert", "firmware", "device_sim"):
        shutil.copytree(ROOT / room, tree / "motegate" / room, ignore=leave)
    (tree / "motegate" / "firmware" / "device" / "sensors" / "oversampled.py").write_text(DRIVER)
    return tree


def test_a_third_driver_needs_no_other_file(tree, recorded, work, tmp_path):
    path = os.pathsep.join([str(tree), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path), str(recorded)],
        capture_output=True, text=True, cwd=tree, env={**os.environ, "PYTHONPATH": path}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    known = simulate(work, [recorded], tmp_path / "known", drivers="board")
    assert found["errors"] == 0
    assert found["verdicts"] == known.verdicts
    assert "lib/motegate/sensors/oversampled.mpy" in found["files"]
    assert "sensor.times: is 17; expected a whole number from 1 to 16" in found["said"]
