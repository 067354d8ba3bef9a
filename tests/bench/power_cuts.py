"""Power cuts at every operation of the flash: the board starts again by itself, and nothing is mixed."""

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.device_sim.board import keep, swap

TITLE = "Power cuts"
HEAD = """`python -m tests.bench power_cuts`: real littlefs on a simulated chip under the real VM; power ends before an
operation of the flash, in it (first byte, half, all but one) or after it. Started again: by itself, with one bundle
whole, or with the state of the last write that was finished or of the one that was cut, and every window whole whose
storing was finished.

| what is cut | flash operations | cuts | started again | anything else |
| --- | --- | --- | --- | --- |"""
WHOLE = ("whole", "old", "pending", "new", "nothing")
OLD, NEW = swap.bundle("old", 30, (300, 5000, 9000)), swap.bundle("new", 40, (900, 4200, 12000))
SMALL = swap.bundle("old", 1, (300,)), swap.bundle("new", 1, (300,))
SCENARIOS: dict[str, Callable[[Path], swap.Cuts]] = {
    "the swap of `flash`, each operation at five places": lambda folder: swap.cut(folder, OLD, NEW, blocks=256),
    "a smaller swap, and the starts after it cut again": lambda folder: swap.cut(folder, *SMALL, again=17, thin=True),
    "an empty board": lambda folder: swap.cut(folder, None, SMALL[1]),
    "a new bundle that cannot be imported": lambda folder: swap.cut(
        folder, SMALL[0], swap.bundle("new", 1, (300,), swap.BROKEN)
    ),
    "a third bundle, where no start has finished the second's swap": lambda folder: swap.cut(
        folder, *SMALL, main=swap.FIRST_MAIN, pending=swap.bundle("pending", 1, (700,))
    ),
    "85 windows with `store` and state, one place each": lambda folder: keep.cut(folder, 85, thin=True)[0],
    "130 windows with alarm, labels, learning, swap and rollbacks": lambda folder: keep.cut(folder, 130, adapts=True)[
        0
    ],
}


def run() -> str:
    rows = []
    for name, cut in SCENARIOS.items():
        with tempfile.TemporaryDirectory(prefix="motegate-cuts-") as folder:
            cuts = cut(Path(folder))
        found = Counter(what for _, _, what in cuts.outcomes)
        good = cuts.count(*WHOLE)
        other = {what: n for what, n in found.items() if what not in WHOLE}
        rows.append(f"| {name} | {cuts.operations} | {len(cuts.outcomes)} | {good} | {other or 'none'} |")
    return "\n".join([HEAD, *rows])
