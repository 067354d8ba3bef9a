"""`motegate demo`: from a fresh folder to a report, and what a second run need not do again."""

import json
import subprocess
import sys

import pytest

pytest.importorskip("tensorflow", reason="pip install 'motegate[train]'")
pytestmark = pytest.mark.device


def run(folder, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "motegate", *words], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    done = run(folder, "demo")
    assert done.returncode == 0, done.stderr
    return folder, done


def test_the_demo_ends_with_counts_and_the_path_of_the_report(shown):
    folder, done = shown
    summary = json.loads((folder / "motegate-demo" / "sim" / "summary.json").read_text())
    for name, counts in summary["verdicts"].items():
        assert any(f"{name} " in line and f"{counts['pass']:,} pass" in line for line in done.stdout.splitlines())
        assert counts["pass"]
        assert counts["fail"]
    for name, count in summary["actions"].items():
        assert any(line.split()[:2] == [name, f"{count:,}"] for line in done.stdout.splitlines())
    last = done.stdout.splitlines()[-1]
    assert last.endswith("motegate-demo/sim/report.html")
    assert (folder / "motegate-demo" / "sim" / "report.html").stat().st_size > 100_000
    assert summary["heap"]["allocated_per_window"] == 0
    assert summary["heap"]["free_start"] == summary["heap"]["free_end"]


def test_it_says_each_step_and_nothing_of_its_tools(shown):
    said = shown[1].stderr.splitlines()
    assert all(line.startswith("motegate: ") for line in said), shown[1].stderr
    assert [line.split()[1].rstrip(":") for line in said][:4] == ["train", "convert", "build", "build"]


def test_a_second_run_trains_nothing_again(shown):
    folder, _ = shown
    again = run(folder, "demo", "--json")
    assert again.returncode == 0
    assert not any(word in again.stderr for word in ("train", "convert:", "build"))
    assert set(json.loads(again.stdout)) >= {"summary", "scores", "report", "seconds"}


def test_the_commands_that_follow_use_its_work_folder(shown, tmp_path):
    folder, _ = shown
    sys_path = folder / "motegate-demo"
    work = str(sys_path / "work")
    data = json.loads((sys_path / "work" / "steps.json").read_text())["train"]["arguments"]["data"][0]
    written = []
    for vm in ("micropython", "cpython", "numpy"):
        done = run(folder, "features", work, "--data", data, "--vm", vm, "--out", str(tmp_path / vm))
        assert done.returncode == 0, done.stderr
        written.append((tmp_path / vm).read_bytes())
    assert written[0] == written[1] == written[2]
    scores = [json.loads(run(folder, "evaluate", work, "--data", data, "--vm", vm, "--json").stdout) for vm in
              ("micropython", "numpy")]  # fmt: skip
    assert scores[0] == scores[1]
    assert set(scores[0]["parents"]["contextual"]) >= {
        "windows", "window", "event", "false_alarms_per_1000", "false_alarms_per_day", "delay_s",
    }  # fmt: skip
    built = run(folder, "build", work, "--board", "NUCLEO_F446")
    assert built.returncode == 2
    assert built.stderr.startswith("motegate: error: NUCLEO_F446: no such board; did you mean NUCLEO_F446RE?")
