"""Someone's own data: from a CSV that nobody has described to a report, with nothing edited by hand."""

import json
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="pip install 'motegate[train]'")
pytestmark = pytest.mark.device


def run(folder, *words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "motegate", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def odd_csv(path) -> None:
    """Two channels with spaces and signs in their names, gaps, empty cells and a column of text, every 10 s."""
    rng = np.random.default_rng(7)
    n = 24_000
    at = np.datetime64("2026-05-01T00:00:00")
    with open(path, "w") as file:
        file.write("timestamp,Inlet Temp. (°C),flow-rate [l/min],operator's note\n")
        for i in range(n):
            if 9_000 <= i < 9_400 or i % 997 == 0:
                continue
            wave = np.sin(i / 500)
            inlet = "" if rng.random() < 0.002 else f"{18 + 4 * wave + rng.normal(0, 0.1):.2f}"
            note = "checked" if i % 4_000 == 0 else ""
            file.write(f"{at + np.timedelta64(10 * i, 's')},{inlet},{120 - 9 * wave + rng.normal(0, 0.6):.1f},{note}\n")


def test_a_csv_with_odd_names_gaps_and_text_goes_all_the_way_unedited(tmp_path):
    odd_csv(tmp_path / "pump 7.csv")
    for words in (
        ("init", "--data", "pump 7.csv"),
        ("check", "policy.toml", "--data", "pump 7.csv"),
        ("train", "policy.toml", "--data", "pump 7.csv", "--out", "work"),
        ("build", "work", "--board", "ESP32_GENERIC_C3"),
        ("simulate", "work", "--data", "pump 7.csv", "--out", "sim"),
    ):
        done = run(tmp_path, *words)
        assert done.returncode == 0, (words, done.stderr)
    summary = json.loads((tmp_path / "sim" / "summary.json").read_text())
    assert summary["errors"] == 0
    assert summary["windows"] > 300
    for counts in summary["verdicts"].values():
        assert counts["pass"] > counts["fail"]
    assert run(tmp_path, "init", "--data", "pump 7.csv").returncode == 2  # a policy is there already
