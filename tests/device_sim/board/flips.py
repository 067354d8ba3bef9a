"""Bits flipped in the files of a bundle: what main.py says of it on the real VM."""

import os
import random
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
from motegate.convert import bundle
from motegate.device_sim.machines.unix import hardware
from motegate.firmware import vm
from motegate.firmware.link import Decoder, Frame

from tests.firmware import handmade

PATIENCE_S = 30


def campaign(folder: Path, flips: int, seed: int = 1) -> Counter:
    """What became of so many flips, each alone: a file is drawn first, then a bit of it.

    "said": an error frame names the file. "no start": main.py itself, whose own words are the VM's. "same": unnoticed,
    with the same verdicts. Anything else is what must not be: "other verdicts", "crashed", "hung".
    """
    (folder / "replay.bin").write_bytes(handmade.replay(handmade.quiet(np.random.default_rng(5), 200)))
    made = bundle.build(handmade.work(folder / "work"), "UNIX", folder / "replay.bin").folder
    board = Path(shutil.copytree(made, folder / "board"))
    aside = ("manifest.json", "replay.bin")
    files = sorted(path for path in board.rglob("*") if path.is_file() and path.name not in aside)
    _, _, good = _run(board)
    assert good, "the bundle as it was built judges"
    found: Counter = Counter()
    rng = random.Random(seed)
    for k in range(flips):
        path = files[k % len(files)]
        whole = path.read_bytes()
        bit = rng.randrange(8 * len(whole))
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        status, errors, verdicts = _run(board)
        path.write_bytes(whole)
        found[_outcome(str(path.relative_to(board)), status, errors, verdicts, good)] += 1
    return found


def _outcome(name: str, status: int | None, errors: list[str], verdicts: list[str], good: list[str]) -> str:
    if any(name in error for error in errors) or (errors and name.endswith("SHA256SUMS")):
        return "said"
    if status is None:
        return f"hung: {name}"
    if status < 0:
        return f"crashed: {name}"
    if verdicts == good:
        return "same"
    return "no start" if name == "main.py" and not verdicts else f"other verdicts: {name}"


def _run(board: Path) -> tuple[int | None, list[str], list[str]]:
    """(exit status, None where it hangs; errors said; verdicts)."""
    for kept in board.glob("state.*"):
        kept.unlink()
    before = os.getcwd()
    os.chdir(board)
    try:
        done = vm.run(Path("main.py"), path=[hardware(), Path("lib")], timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        return None, [], []
    finally:
        os.chdir(before)
    decoder = Decoder()
    frames = [item for item in [*decoder.feed(done.stdout), *decoder.flush()] if isinstance(item, Frame)]
    errors = [frame.body.get("e", "") for frame in frames if frame.kind == "error"]
    return done.returncode, errors, [str(frame.body) for frame in frames if frame.kind == "verdict"]
