"""The heap: what the shipped runtime needs of it, and that no window takes from it (96 KiB, on the 64-bit VM)."""

import json
from pathlib import Path

import numpy as np
import pytest
from motegate.convert import bundle as bundles
from motegate.firmware import vm
from motegate.firmware.link.decoder import Decoder, Frame

from tests.firmware import handmade

from . import hand

WINDOWS = 100_000
LENGTH, HOP = 16, 4
FIRST = 30  # windows before the collector is switched off: commissioning is over and every buffer is made
HEAP = "96k"  # bytes; a board's words are half as wide

LOOP = f"""
import gc, sys
from motegate import main
from motegate.clock import Clock
from motegate.frames import Writer
from motegate.hal import Hal

hal = Hal(Clock())
writer = Writer(hal.write)
gate = main.build("", hal, writer)
free_start = before = allocated = 0  # the names take their room now
while gate.windows < {FIRST}:
    gate.step()
gc.collect()
free_start = gc.mem_free()
gc.disable()
before = gc.mem_alloc()
main.loop(gate, hal, writer)
allocated = gc.mem_alloc() - before
gc.enable()
gc.collect()
print('{{"windows":%d,"allocated":%d,"free_start":%d,"free_end":%d}}' % (
    gate.windows, allocated, free_start, gc.mem_free()))
"""


def records(n: int) -> handmade.Records:
    """A quiet wave with a burst in every thousandth window, so that each action has its turn."""
    rng = np.random.default_rng(0)
    counts = 300 * np.sin(np.arange(n) / 200) + rng.normal(0, 20, n)
    counts[5_000 :: HOP * 1_000] += 3_000
    seconds = (180_000_000 + np.arange(n)).astype(np.int32)
    none = np.zeros(n, np.int16)
    return handmade.Records(
        counts.round().astype(np.int16)[:, None], seconds, none, np.full(n, -1, np.int32), np.zeros((n, 0), np.int32)
    )


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    """Three classifiers, a bundle of the virtual board as it ships, judging its replay."""
    folder = tmp_path_factory.mktemp("heap")
    data = hand.recording_of(folder / "quiet.csv", hand.stream(4_000))
    work = hand.work(folder / "work", data, LENGTH, HOP, use='["send:dimensions"]')
    (folder / "replay.bin").write_bytes(handmade.replay(records(LENGTH + HOP * (WINDOWS - 1))))
    return bundles.build(work, "UNIX", folder / "replay.bin").folder


@pytest.mark.device
def test_a_hundred_thousand_windows_take_nothing_from_a_heap_of_96_kib(bundle, tmp_path, monkeypatch):
    script = tmp_path / "loop.py"
    script.write_text(LOOP)
    monkeypatch.chdir(bundle)
    done = vm.run(script, heap=HEAP, path=["lib"])
    decoder = Decoder()
    said = [*decoder.feed(done.stdout), *decoder.flush()]
    frames = [item for item in said if isinstance(item, Frame)]
    text = "".join(item.text for item in said if not isinstance(item, Frame)).strip()
    assert done.returncode == 0, text[-500:]
    assert not [f.body for f in frames if f.kind == "error"]
    seen = json.loads(text)
    assert seen["windows"] == WINDOWS
    assert sum(f.kind == "verdict" for f in frames) == WINDOWS
    assert decoder.lost == decoder.damaged == 0
    assert len({f.body["a"] for f in frames if "a" in f.body}) > 1
    assert seen["allocated"] / (WINDOWS - FIRST) == 0
    assert seen["free_end"] == seen["free_start"]
