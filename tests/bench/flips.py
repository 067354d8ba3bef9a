"""Bits flipped in the files of a bundle: whether the board notices."""

import tempfile
from pathlib import Path

from tests.device_sim.board import flips

TITLE = "Bit flips"
FLIPS = 1000
HEAD = f"""`python -m tests.bench flips`: {FLIPS} bits, each alone, file after file of a bundle; its main.py on the VM.
said: an error frame names the file; what judges after that is safe mode, and no code of that file. no start: main.py
itself. same: unnoticed, with the verdicts as ever.

| what came of it | flips |
| --- | --- |"""


def run() -> str:
    with tempfile.TemporaryDirectory(prefix="motegate-flips-") as folder:
        found = flips.campaign(Path(folder), FLIPS)
    rows = [f"| {what} | {count} |" for what, count in found.most_common()]
    return "\n".join([HEAD, *rows])
