"""The RPI_PICO bundle on an emulated Pico says what the unix VM says, bit for bit: `simulate --vm pico`.

By random networks over a policy with a status field and a guarded model, commissioned on the board itself: what the
demo has not, which tests/firmware/test_pico.py flashes and watches.
"""

import json

import numpy as np
import pytest
from motegate.convert import bundle
from motegate.device_sim.simulate import simulate
from motegate.train import policy as policies

from tests.firmware import handmade

pytestmark = pytest.mark.device


def said(out) -> list[str]:
    lines = (out / "events.jsonl").read_text().splitlines()
    return [line for line in lines if '"k":"verdict"' in line or '"k":"model"' in line]


def test_an_emulated_pico_gives_the_unix_vms_verdicts_scores_and_dimensions(emulated, tmp_path):
    work = handmade.work(tmp_path / "work", handmade.ONE_CHANNEL, 13)
    rng = np.random.default_rng(2)
    records = handmade.joined(handmade.quiet(rng, 160, 1), handmade.hostile(rng, 160, 1))
    data = tmp_path / "data.csv"
    data.write_text(handmade.csv(policies.load(work / "policy.toml"), records))
    for board in ("UNIX", "RPI_PICO"):
        bundle.build(work, board)
    before = sorted(path.name for path in (work / "firmware" / "RPI_PICO" / "gate").iterdir())
    on_unix = simulate(work, [data], tmp_path / "unix")
    on_pico = simulate(work, [data], tmp_path / "pico", vm="pico")
    assert said(tmp_path / "pico") == said(tmp_path / "unix")
    verdicts = [json.loads(line) for line in said(tmp_path / "pico") if '"k":"verdict"' in line]
    judged = [verdict for verdict in verdicts if "x" in verdict]
    assert len(judged) == len(verdicts) - 12 >= 25
    assert {verdict["a"] for verdict in judged} == {0, 1, 2}
    assert len({tuple(verdict["p"]) for verdict in judged}) >= 4
    assert any('"k":"model"' in line for line in said(tmp_path / "pico"))
    assert on_pico.actions == on_unix.actions
    assert on_pico.heap.free_end == on_pico.heap.free_start
    assert on_pico.errors == 0
    assert sorted(path.name for path in (work / "firmware" / "RPI_PICO" / "gate").iterdir()) == before
    assert json.loads((tmp_path / "pico" / "summary.json").read_text())["vm"] == "pico"
