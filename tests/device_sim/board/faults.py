"""Faults at random on the real VM: sensors, effects, memory, clock, host, flash; and the board's resets after them."""

import json
import shutil
from pathlib import Path

from motegate.convert import bundle
from motegate.device_sim.machines.unix import hardware
from motegate.firmware import vm

from tests.firmware import handmade

from .keep import POLICY

SCRIPT = Path(__file__).with_name("faults_vm.py")


def campaign(folder: Path, windows: int, faults: int, seed: int = 1) -> dict:
    """What faults_vm.py has counted over about so many faults. The heap is large: its resets leave names behind."""
    made = bundle.build(handmade.work(folder / "work", POLICY), "UNIX").folder
    board = folder / "board"
    shutil.copytree(made / "gate", board / "gate")
    script = folder / "run_it.py"
    script.write_text(f"import os\nos.chdir({str(board)!r})\n{SCRIPT.read_text()}")
    done = vm.run(script, [str(windows), str(faults), str(seed)], heap="4m", path=[hardware(), made / "lib"])
    if done.returncode:
        raise RuntimeError(f"{done.returncode} {done.stderr[-500:]} {done.stdout[-900:]}")
    return json.loads(done.stdout.splitlines()[-1])
