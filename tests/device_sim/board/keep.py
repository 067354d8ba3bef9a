"""Power cuts while a gate runs that stores its windows and keeps its state."""

import json
import shutil
from pathlib import Path

from motegate.convert import bundle
from motegate.device_sim.machines.unix import hardware
from motegate.firmware import vm

from tests.firmware import handmade

from .swap import Cuts

SCRIPT = Path(__file__).with_name("keep_vm.py")
_ACTIONS = handmade.ONE_CHANNEL.index("[[actions]]")
POLICY = (
    handmade.ONE_CHANNEL[:_ACTIONS].replace('[models.forecast]\nfile = "forecast.tflite"\nchannel = "pressure"\n', "")
    + '[[actions]]\nname = "keep"\ndo = ["store"]\n[reference]\nwindows = 12\n'
)


def cut(folder: Path, windows: int, thin: bool = False) -> Cuts:
    """The campaign of board/power_cuts.py on so many windows of a freshly flashed board."""
    made = bundle.build(handmade.work(folder / "work", POLICY), "UNIX").folder
    for part in ("lib", "gate"):
        shutil.copytree(made / part, folder / "files" / part)
    script = folder / "run_it.py"
    script.write_text(f"import os\nos.chdir({str(folder)!r})\n{SCRIPT.read_text()}")
    done = vm.run(script, [str(windows), "thin" if thin else "all"], heap="8m", path=[hardware()])
    if done.returncode:
        raise RuntimeError(f"{done.returncode} {done.stderr[-500:]} {done.stdout[-500:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    return Cuts(said["operations"], tuple((k, applied, what) for k, applied, what in said["cuts"]))
