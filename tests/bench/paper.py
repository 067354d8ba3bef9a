"""The paper's example: clean but foreign data is stored, noisy data of the right kind is discarded."""

import tempfile
from pathlib import Path

import numpy as np

from tests.train import test_paper_example as paper

TITLE = "The paper's example"


def measure(folder: Path) -> dict[tuple[str, str], list[float]]:
    """(stream, action) -> share of windows judged right, a severity each."""
    gate = paper.learned(folder)
    return {
        (kind, what): [
            float(np.mean([right for seed in paper.SEEDS for right in paper.right(gate, kind, severity, seed)]))
            for severity in paper.SEVERITIES
        ]
        for kind, what in (("foreign", "store"), ("noisy", "discard"))
    }


def run() -> str:
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder) / "paper")
    lines = [
        f"`python -m tests.bench paper`: windows judged right over {len(paper.SEEDS)} streams never seen",
        "(tests/train/test_paper_example.py), int8 packs on the device's code. A foreign stream of severity a lies a",
        "widths of the band away; a noisy one has 1.25 a times the usual noise, whose limit is at 1.25.",
        "",
        "| stream, action | " + " | ".join(f"{a:g} x limit" for a in paper.SEVERITIES) + " |",
        "| --- |" + " --- |" * len(paper.SEVERITIES),
    ]
    for (kind, what), shares in found.items():
        lines.append(f"| {kind}, {what} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")
    return "\n".join(lines)
