"""The processes whose recordings are made: which of their listed faults are found, and after how many windows."""

import csv
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.convert.convert import convert
from motegate.train import metrics, policy, recording
from motegate.train.host import Trained, judge, ring
from motegate.train.training import train

from .gates import ROOT, unguarded

TITLE = "The vacuum pump's faults"
TRAINED, JUDGED = 1, (11, 12, 13, 14)  # seeds of the recordings


@dataclass(frozen=True)
class Watched:
    """``found``: fault -> windows until each parent's first failure (None: never), of each recording; ``runs``: parent
    -> runs of failing windows that hold no fault, and ``weeks`` that they are of."""

    found: dict[str, list[dict[str, int | None]]]
    runs: dict[str, int]
    weeks: float


def measure(example: str = "vacuum_pump", rules_file: str = "policy.toml") -> Watched:
    """Of an example with a recorder, by a policy of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "policy.toml").write_text(unguarded((ROOT / "examples" / example / rules_file).read_text()))
        train(folder / "policy.toml", [recorded(folder, TRAINED, example)], folder / "work")
        convert(folder / "work")
        trained, rules = Trained.load(folder / "work"), policy.load(folder / "work" / "policy.toml")
        found: dict[str, list[dict[str, int | None]]] = {}
        runs = dict.fromkeys((parent.name for parent in trained.plan.classifiers), 0)
        weeks = 0.0
        for seed in JUDGED:
            path = recorded(folder, seed, example, "--faults")
            with path.open() as file:
                fault = np.array([row["fault"] for row in csv.DictReader(file)])
            records = recording.read(rules, [path])
            slots, said = ring.expand(trained.plan, records), judge.judge(trained, records)
            rows = slots.row[slots.windows[said.first :, None] + np.arange(trained.plan.length)]
            failing = {p.name: ~said.passes[:, p.classifier] for p in trained.plan.classifiers}
            for kind in sorted(set(fault) - {""}):
                here = np.flatnonzero((fault[rows] == kind).any(axis=1))
                first = {p: next((int(i) for i in np.flatnonzero(f[here])), None) for p, f in failing.items()}
                found.setdefault(kind, []).append(first)
            clean = (fault[rows] == "").all(axis=1)
            for parent, fails in failing.items():
                runs[parent] += len(metrics.spans(fails & clean))
            weeks += len(rows) * rules.hop * rules.period_ms / 604_800_000
    return Watched(found, runs, weeks)


def recorded(folder: Path, seed: int, example: str = "vacuum_pump", *more: str) -> Path:
    path = folder / f"{seed}.csv"
    command = [sys.executable, "-m", f"motegate.examples.{example}.record", "--out", str(path), "--seed", str(seed)]
    subprocess.run([*command, *more], check=True, capture_output=True)
    return path


def run() -> str:
    return "\n".join(
        [
            f"`python -m tests.bench pump`: examples/vacuum_pump, trained on seed {TRAINED}, judged on recordings of",
            "other seeds with all its faults, own thresholds. They were in view while choosing: development figures.",
            *table(measure()),
        ]
    )


def table(watched: Watched) -> list[str]:
    """Markdown, with what it shows."""
    lines = [
        "Windows from the first that holds a row of the fault to the first failure of any classifier; `-`: never.",
        "",
        f"| fault | {' | '.join(f'seed {seed}' for seed in JUDGED)} |",
        f"| --- |{' --- |' * len(JUDGED)}",
    ]
    for kind, each in watched.found.items():
        cells = []
        for first in each:
            seen = {p: n for p, n in first.items() if n is not None}
            best = min(seen, key=lambda p: seen[p]) if seen else None
            cells.append("-" if best is None else f"{seen[best]} ({best})")
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    runs = ", ".join(f"{parent} {n}" for parent, n in watched.runs.items())
    return [*lines, "", f"Runs of failing windows without a fault, in {watched.weeks:.1f} weeks: {runs}."]
