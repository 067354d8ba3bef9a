"""`motegate demo`: every step but flash, on a bundled recording, from nothing to a report."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import examples
from .firmware.errors import InputError
from .firmware.progress import Progress
from .steps import Steps

EXAMPLE = Path(examples.__file__).parent / "machine_temperature"


@dataclass(frozen=True)
class Demo:
    """What the demo made: the simulation's summary, the parents' scores against the labels, where things are."""

    summary: dict
    said: tuple[str, ...]
    scores: dict
    work: Path
    report: Path
    seconds: float

    def lines(self) -> list[str]:
        """For a person."""
        opener = {"darwin": "open", "win32": "start"}.get(sys.platform, "xdg-open")
        return [
            *self.said,
            *(
                f"against the labels, {name}: event F1 {parent['event']['f1']:.2f}, "
                f"{parent['false_alarms_per_1000']:g} false alarms in 1,000 good windows"
                for name, parent in self.scores.items()
            ),
            f"done in {self.seconds:.0f} s; look at it with: {opener} {self.report}",
        ]


def demo(out: Path, say: Callable[[str], None], progress: Progress) -> Demo:
    """Fills ``out``/work and ``out``/sim; what is there and fresh is not done again."""
    from .device_sim.features import features
    from .device_sim.simulate import simulate
    from .train import page
    from .train.evaluate import evaluate

    began = time.monotonic()
    policy, data = EXAMPLE / "policy.toml", sorted(EXAMPLE.glob("*.csv"))
    if not data:
        raise InputError(f"{EXAMPLE}: no recording in it; install motegate again")
    out.mkdir(parents=True, exist_ok=True)
    work, sim = out / "work", out / "sim"
    steps = Steps(work, say, progress)
    if not (work / "steps.json").exists():
        say(f"train: a reference and a classifier per parent from {data[0].name}")
        steps.train(policy, data)
    board = steps.board()
    steps.ensure_build(board)
    steps.ensure_build("UNIX")
    page.write(work)
    say("simulate: the recording through the real MicroPython VM")
    summary = simulate(work, data, sim, board=board, progress=progress)
    say("features and evaluate: the same windows against the recording's labels")
    features(work, data, sim / "features.csv", vm="numpy", progress=progress)
    scores = evaluate(work, data, out=sim / "evaluation.json", progress=progress)["parents"]
    return Demo(
        summary.as_json(), tuple(summary.lines()), scores, work, sim / "report.html", time.monotonic() - began
    )  # fmt: skip
