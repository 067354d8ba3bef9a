"""A hostile line into the board: whether it judges on, answers who may ask, and obeys nobody else."""

import tempfile
from pathlib import Path

from tests.device_sim.board import hostile

TITLE = "A hostile line"
FRAMES = 1_000_000
HEAD = """`python -m tests.bench hostile` (some ten minutes): a gate on the real VM under `[serial] commands = "key"`.
Random bytes, commands altered in every way under a right or a wrong CRC, forged MACs, replays of commands that were
obeyed; true commands between them.

| | |
| --- | --- |"""


def run() -> str:
    with tempfile.TemporaryDirectory(prefix="motegate-hostile-") as folder:
        seen = hostile.campaign(Path(folder), FRAMES)
    answers = seen["answers"]
    rows = {
        "hostile frames": f"{seen['frames']:,}",
        "the board lived": "yes" if seen["alive"] else "no",
        "commands refused with a reason": f"{answers.pop('refused'):,}",
        "`hello?` and `status` answered, which are anybody's": f"{answers['hello?'] + answers['status']:,}",
        "true authenticated commands, all obeyed": f"{seen['authentic']:,}",
        "commands obeyed that change something or give something away": f"{seen['accepted']:,}",
        "windows judged meanwhile": f"{seen['verdicts']:,}",
        "frames of the board lost or damaged": f"{seen['damaged']:,}",
        "errors said, or counts that do not add up": f"{len(seen['odd']):,}",
        "names interned in the second half": f"{seen['names']:,}",
        "bytes of heap less in the last quarter than in the first, at the most free in each": f"{seen['lost']:,}",
    }
    return "\n".join([HEAD, *(f"| {name} | {value} |" for name, value in rows.items())])
