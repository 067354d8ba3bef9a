"""The main loop on files: the same on CPython and on the MicroPython VM, and nothing stops it but the end."""

import contextlib
import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from motegate.convert import bundle as bundles
from motegate.firmware import stored, vm
from motegate.firmware.device import main
from motegate.firmware.device.clock import Clock
from motegate.firmware.device.hal import Hal
from motegate.firmware.link.decoder import Decoder, Frame
from motegate.firmware.link.frames import encode

from .. import handmade

RUN = "import sys\nfrom motegate.main import run\nrun(sys.argv[1])\n"
LOCKED = """
import gc, micropython, sys
from motegate import main
from motegate.clock import Clock
from motegate.frames import Writer
from motegate.hal import Hal
hal = Hal(Clock())
gate = main.build(sys.argv[1], hal, Writer(hal.write))
while gate.windows < 20:
    gate.step()
micropython.heap_lock()
while gate.step() >= 0:
    pass
micropython.heap_unlock()
"""


class Board(Hal):
    """A host that keeps what it writes."""

    def __init__(self):
        super().__init__(Clock())
        self.said = bytearray()

    def write(self, buf, n):
        self.said += memoryview(buf)[:n]


def frames(data: bytes) -> list[Frame]:
    decoder = Decoder()
    items = [*decoder.feed(data), *decoder.flush()]
    assert all(isinstance(item, Frame) for item in items), items
    assert decoder.lost == decoder.damaged == 0
    return items


def afresh(root: Path) -> None:
    """A board that was never started."""
    for k in (0, 1):
        (root / f"state.{k}").unlink(missing_ok=True)


def on_host(root: Path) -> tuple[list[Frame], Board]:
    afresh(root)
    board = Board()
    with contextlib.suppress(SystemExit):  # where it resets
        main.run(f"{root}/", board)
    return frames(board.said), board


def on_vm(root: Path, script: str, folder: Path) -> list[Frame]:
    afresh(root)
    file = folder / "run_it.py"
    file.write_text(script)
    done = vm.run(file, [f"{root}/"], path=[root / "lib"])
    assert done.returncode == 0, done.stdout[-500:]
    return frames(done.stdout)


@pytest.fixture(scope="module")
def records() -> handmade.Records:
    rng = np.random.default_rng(5)
    return handmade.joined(
        handmade.quiet(rng, 300), handmade.hostile(rng, 1200), handmade.quiet(rng, 200, start=3 * 10**8)
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory, records) -> Path:
    """The virtual board's bundle with a replay of quiet and hostile records."""
    folder = tmp_path_factory.mktemp("main")
    work = handmade.work(folder / "work")
    (folder / "replay.bin").write_bytes(handmade.replay(records))
    return bundles.build(work, "UNIX", folder / "replay.bin").folder


@pytest.fixture
def copy(root, tmp_path) -> Path:
    return Path(shutil.copytree(root, tmp_path / "board"))


@pytest.mark.device
def test_every_frame_of_hostile_records_is_the_same_on_both_pythons(copy, tmp_path):
    host, board = on_host(copy)
    (copy / "windows.bin").rename(tmp_path / "host.bin")
    device = on_vm(copy, RUN, tmp_path)
    said = [[f.raw for f in frames if f.kind in ("verdict", "model")] for frames in (host, device)]
    assert said[0] == said[1]
    assert len(said[0]) > 200
    assert [encode(f.form, f.n, f.boot) for f in device] == [f.raw + b"\n" for f in device]
    assert (tmp_path / "host.bin").read_bytes() == (copy / "windows.bin").read_bytes()
    assert len({tuple(f.body["p"]) for f in host if "p" in f.body}) >= 3
    assert host[-1].body["end"] == 1
    assert host[-1].body["errors"] == 0
    switched = [f.body["a"] for f in host if f.body.get("a") in (0, 2)]
    assert board.levels == {15: int(switched[-1] == 2)}


@pytest.mark.device
def test_after_the_first_windows_nothing_is_allocated_on_the_vm(copy, tmp_path):
    assert len(on_vm(copy, LOCKED, tmp_path)) > 200


@pytest.mark.unit
def test_each_action_has_its_effects(copy):
    said, _ = on_host(copy)
    verdicts = [f.body for f in said if f.kind == "verdict" and "a" in f.body]
    kinds = Counter(body["a"] for body in verdicts)
    assert set(kinds) == {0, 1, 2}
    assert all("x" in body for body in verdicts)
    assert all(("w" in body) == (body["a"] == 2) for body in verdicts)
    assert sum(f.kind == "model" for f in said) == kinds[0]
    windows = stored.read(copy / "windows.bin")
    times = [body["t"] for body in verdicts if body["a"] == 1][-len(windows) :] if windows else []
    assert [[w.seconds, w.millis] for w in windows] == times
    assert len(windows) == min(64, kinds[1])


@pytest.mark.unit
def test_samples_in_a_frame_are_the_recordings_own(copy, records):
    said, _ = on_host(copy)
    rows = {tuple(row) for row in records.counts.tolist()} | {(-32768, -32768)}
    sent = [f.body["w"] for f in said if "w" in f.body]
    assert sent
    assert all(tuple(record) in rows for window in sent for record in zip(*window, strict=True))


@pytest.mark.unit
def test_hello_names_everything_that_the_other_frames_refer_to(copy):
    hello = on_host(copy)[0][0].body
    plan = json.loads((copy / "gate" / "plan.json").read_text())
    manifest = json.loads((copy / "manifest.json").read_text())["files"]
    assert (hello["k"], hello["n"], hello["v"], hello["stream"]) == ("hello", 0, 1, "handmade")
    assert hello["parents"] == ["intrinsic", "contextual", "data_integrity"]
    assert hello["columns"] == [name for name, _ in plan["columns"]]
    assert hello["actions"] == ["use", "store", "discard"]
    assert hello["models"] == ["forecast"]
    assert hello["hashes"]["plan.json"] == manifest["gate/plan.json"]["sha256"][:16]
    assert sorted(hello["hashes"]) == sorted(n[5:] for n in manifest if n.startswith("gate/") and "replay" not in n)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda gate: (gate / "plan.json").unlink(), "plan.json"),
        (lambda gate: (gate / "plan.json").write_text("{"), "Error"),
        (lambda gate: (gate / "intrinsic.pack").write_bytes(b"MGP1invalid" * 9), "pack: "),
        (lambda gate: (gate / "replay.bin").write_bytes(b"x"), "not a replay file"),
        (lambda gate: (gate / "replay.bin").write_bytes((gate / "replay.bin").read_bytes()[:-3]), "its end is missing"),
        (lambda gate: (gate / "reference.bin").write_bytes(b"invalid"), "reference"),
    ],
)
def test_a_broken_file_is_one_error_frame(copy, break_it, says):
    break_it(copy / "gate")
    said, _ = on_host(copy)
    assert [f.kind for f in said] == ["error"]
    assert says in said[0].body["e"]
