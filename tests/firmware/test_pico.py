"""The whole way on 32 bits: a bundle flashed on an emulated Pico, and watched; equal to the unix VM throughout."""

import os
from pathlib import Path

import numpy as np
import pytest
from motegate.convert import bundle as bundles
from motegate.firmware import flash, monitor, vm
from motegate.firmware.errors import InputError
from motegate.firmware.frames import Decoder, Frame
from motegate.train import policy as policies
from motegate.train import recording

from tests.firmware import handmade
from tests.firmware.test_main import RUN

QUIET_WINDOWS, HOSTILE_WINDOWS = 65, 230  # 12 of the real ones are commissioned on
UNIT = (
    'unit = "bar"\nresolution = 0.001\nrange = [0.0, 10.0]',
    'unit = "F"\nresolution = 0.01\nrange = [-40.0, 240.0]',
)
CHANGES = [
    UNIT,
    ("hop = 8", "hop = 4"),
    ("period_ms = 1000", "period_ms = 300000"),
    ("pressure", "temperature"),
    (', "spike.flow"', ""),
    (', "consistency"', ""),
]


def one_channel() -> str:
    """The handmade policy over the machine's temperature alone."""
    head, _, rest = handmade.POLICY.partition("[stream.channels.flow]")
    text = head + "[status.supply_mv]" + rest.partition("[status.supply_mv]")[2]
    for old, new in CHANGES:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def pico():
    pytest.importorskip("rp2040py", reason="no emulated Pico; it comes with: pip install 'motegate[sim]'")
    from motegate.device_sim import pico

    shared = Path(os.environ.get("MOTEGATE_SHARED", Path(__file__).resolve().parents[3] / "shared"))
    try:
        image = pico.image(os.environ.get(pico.VARIABLE) or shared / "emulators" / "pico.uf2")
    except InputError as error:
        pytest.skip(str(error))
    with pico.Pico(image) as board:
        yield board


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    return handmade.work(tmp_path_factory.mktemp("pico"), one_channel(), 13)


def real_records(work: Path, n: int) -> handmade.Records:
    """The first records of the machine's temperature, from the example's own recording."""
    from motegate import examples

    data = Path(examples.__file__).parent / "machine_temperature" / "recording.csv"
    found = recording.read(policies.load(work / "policy.toml"), [data])
    status = np.full((n, 1), 3300, np.int32)  # the recording has none
    return handmade.Records(*(getattr(found, k)[:n] for k in ("counts", "seconds", "millis", "seqs")), status)


def frames(data: bytes) -> list[Frame]:
    return [item for item in Decoder().feed(data) if isinstance(item, Frame)]


@pytest.mark.device
def test_the_emulated_pico_says_what_the_unix_vm_says_of_real_and_hostile_windows(pico, work, tmp_path):
    real = real_records(work, 16 + 4 * QUIET_WINDOWS)
    after = int(real.seconds[-1]) + 300
    hostile = handmade.hostile(np.random.default_rng(7), 4 * HOSTILE_WINDOWS, 1, after, 300_000)
    (tmp_path / "replay.bin").write_bytes(handmade.replay(handmade.joined(real, hostile)))
    bundle = bundles.build(work, "RPI_PICO", tmp_path / "replay.bin").folder
    unix = bundles.build(work, "UNIX", tmp_path / "replay.bin").folder

    flashed = flash.flash(bundle, "RPI_PICO", pico.port, patience_s=300)
    assert flashed.written
    assert flashed.hello["stream"] == "handmade"
    assert "RP2040" in flashed.hello["board"]
    with open(tmp_path / "seen.txt", "w") as out:
        monitor.monitor(pico.port, tmp_path / "raw", out=out, until_end=True)

    (tmp_path / "run_it.py").write_text(RUN)
    done = vm.run(tmp_path / "run_it.py", [f"{unix}/"], path=[unix / "lib"], timeout=60)
    here, there = frames(done.stdout), frames((tmp_path / "raw").read_bytes())
    said = [[f.raw for f in found if f.kind in ("verdict", "model")] for found in (here, there)]
    assert said[1] == said[0]
    judged = [f.body for f in there if f.kind == "verdict" and "x" in f.body]
    real_ones = next(i for i, body in enumerate(judged) if body["t"][0] > real.seconds[-1])
    assert real_ones >= 50
    assert len(judged) - real_ones >= 200
    assert len({tuple(body["p"]) for body in judged}) >= 6
    assert {body["a"] for body in judged} == {0, 1, 2}
    health = [f.body for f in there if f.kind == "health"]
    assert len({body["heap"] for body in health}) == 1
    assert {body["errors"] for body in health} == {0}
    lines = (tmp_path / "seen.txt").read_text().splitlines()
    assert lines[-1] == f"{len(there)} frames, 0 lost, 0 damaged, 0 restarts"
    assert sum(" | " in line for line in lines) == len(judged)
