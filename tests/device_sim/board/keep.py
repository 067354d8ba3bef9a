"""Power cuts while a gate runs that stores its windows and keeps its state."""

import json
import shutil
from pathlib import Path

from motegate.convert import bundle
from motegate.device_sim.machines.unix import hardware
from motegate.firmware import vm

from tests.device_sim import hand
from tests.firmware import handmade

from .swap import Cuts

SCRIPT = Path(__file__).with_name("keep_vm.py")
_ACTIONS = handmade.ONE_CHANNEL.index("[[actions]]")
POLICY = (
    handmade.ONE_CHANNEL[:_ACTIONS].replace('[models.forecast]\nfile = "forecast.tflite"\nchannel = "pressure"\n', "")
    + '[[actions]]\nname = "keep"\ndo = ["store"]\n[reference]\nwindows = 12\n'
)


ADAPTS = "[adapt]\nenabled = true\nlearn = 16\nlevel_widths = 60\nhead_bound = 1\ncanary_errors = 0\n"


def adapting(folder: Path) -> Path:
    """A work folder whose gate adapts."""
    data = hand.recording_of(folder / "stream.csv", hand.stream(1600))
    text = hand.POLICY.replace(', "drift"]', "]").replace('"store", ', "") + ADAPTS
    return hand.work(folder / "work", data, length=16, hop=16, windows=12, policy=text, pack_of=hand.teachable)


def cut(folder: Path, windows: int, thin: bool = False, adapts: bool = False) -> tuple[Cuts, dict]:
    """The campaign of board/power_cuts.py on so many windows of a freshly flashed board, and what its gate did."""
    work = adapting(folder) if adapts else handmade.work(folder / "work", POLICY)
    made = bundle.build(work, "UNIX").folder
    for part in ("lib", "gate"):
        shutil.copytree(made / part, folder / "files" / part)
    script = folder / "run_it.py"
    script.write_text(f"import os\nos.chdir({str(folder)!r})\n{SCRIPT.read_text()}")
    done = vm.run(script, [str(windows), "thin" if thin else "all"], heap="8m", path=[hardware()])
    if done.returncode:
        raise RuntimeError(f"{done.returncode} {done.stderr[-500:]} {done.stdout[-500:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    cuts = Cuts(said["operations"], tuple((k, applied, what) for k, applied, what in said["cuts"]))
    return cuts, said["did"]
