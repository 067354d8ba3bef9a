"""What a training takes of the CPU: with nothing measured before, and of a recording that is known."""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from motegate.train.dataset import cache

from ..judgement.gates import policy_text
from .quality import CASES

TITLE = "What a training takes"
NAMES = ("machine temperature", "river, MainStreet", "household")
COMMAND = ("-m", "motegate", "train")


def measure(name: str) -> tuple[int, int, list[float]]:
    """Rows, channels, and the seconds of CPU of two trainings in processes of their own; robustness test included."""
    case = CASES[name]
    with tempfile.TemporaryDirectory(prefix="motegate-bench-") as folder:
        policy = Path(folder) / "policy.toml"
        policy.write_text(policy_text(case.example))
        (data,) = case.files(Path(folder))[:1]
        with data.open() as file:
            channels, rows = policy_text(case.example).count("[stream.channels."), sum(1 for _ in file) - 1
        found = []
        for _ in range(2):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(
                [sys.executable, *COMMAND, policy, "--data", data, "--out", Path(folder) / "work"],
                env={**os.environ, cache.VARIABLE: str(Path(folder) / "cache")}, check=True, capture_output=True,
            )  # fmt: skip
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return rows, channels, found


def run() -> str:
    lines = [
        "`python -m tests.bench training`: `motegate train` of an example, selection, cross-validation and robustness",
        "test included, in a process of its own: TensorFlow's import and the interpreter's start count, too.",
        "",
        "| stream | rows | channels | CPU, s | again, the recording known, s | ratio |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in NAMES:
        rows, channels, (first, again) = measure(name)
        lines.append(f"| {name} | {rows:,} | {channels} | {first:.0f} | {again:.0f} | {again / first:.2f} |")
    return "\n".join(lines)
