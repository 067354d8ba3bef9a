"""The report: what it says in numbers, and that a browser draws it without a complaint."""

import base64
import json
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from motegate.device_sim import report
from motegate.device_sim.recorder import NONE, WindowLog
from motegate.device_sim.report.series import Downsampler
from motegate.firmware.device import layout
from motegate.train.policy.form import Channel
from motegate.train.policy.plan import Action, Column, Parent

from tests.firmware import streams

pytestmark = pytest.mark.unit

START = 1767225600000
PLAN = replace(
    streams.plan(length=8, hop=4),
    stream="</script><b>",
    columns=(Column("spike", (0,)), Column("noise", (1,)), Column("offset", (2,))),
    parents=(
        Parent("intrinsic", (0, 1), (), 0),
        Parent("contextual", (2,), (), 1),
        Parent("quality", (), (0, 1), -1),
    ),
    actions=(Action("use", ()), Action("keep", ("store",)), Action("discard", ())),
)
CHANNELS = [Channel("temperature", "degC", 0.01, (-40.0, 60.0))]
SUMMARY = {
    "windows": 0, "commissioning": 10, "verdicts": {}, "actions": {"use": 1, "keep": 0, "discard": 0}, "virtual_s": 1.0,
    "wall_s": 1.0, "board": "RPI_PICO", "heap": {"free_end": 1, "allocated_per_window": 0},
    "energy": {"mWh": 1.0, "battery_days": 2.0},
}  # fmt: skip


def log(n: int) -> WindowLog:
    """Windows of which ten commission, 20 to 24 fail intrinsic by noise, and 30 has no data."""
    passes = np.ones((n, 2), np.uint8)
    passes[20:25, 0] = 0
    passes[30] = 0
    why = np.zeros(n, np.uint8)
    why[:10], why[30] = 1, 2
    actions = np.where(passes.all(axis=1), 0, 2).astype(np.uint8)
    actions[:10] = NONE
    values = np.zeros((n, 3), np.int16)
    values[20:25, 1] = 900
    values[:, 2] = 100
    values[40:60, 0] = 300
    ends = START + 1000 * (4 * np.arange(n, dtype=np.int64) + 7)
    return WindowLog(ends, why, passes, np.zeros((n, 2), np.int8), actions, values)


def series(n: int, gap: bool = False):
    downsampler = Downsampler(1000, 1)
    stamps = START + 1000 * np.arange(n, dtype=np.int64)
    if gap:
        stamps[n // 2 :] += 60_000
    downsampler.add(stamps, np.arange(n, dtype=np.int16)[:, None] % 100, {"contextual": np.arange(n) % 100 > 90})
    return downsampler.series()


def numbers(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def test_verdicts_tell_fail_pass_unjudged_and_no_data_apart():
    found = report.data(PLAN, CHANNELS, log(100), series(400), SUMMARY)
    intrinsic, contextual, quality = (numbers(p["verdicts"], "u1") for p in found["parents"])
    assert list(intrinsic[[0, 15, 22, 30]]) == [report.UNJUDGED, report.PASS, report.FAIL, report.NO_DATA]
    assert list(contextual[[22, 30]]) == [report.PASS, report.NO_DATA]
    assert list(quality[[15, 22, 30]]) == [report.PASS, report.FAIL, report.NO_DATA]


def test_dimensions_are_sorted_by_how_often_they_spoke():
    found = report.data(PLAN, CHANNELS, log(100), series(400), SUMMARY)
    assert [(d["name"], d["share"]) for d in found["dimensions"]] == [
        ("spike", round(20 / 90, 5)), ("noise", round(5 / 90, 5)), ("offset", 0.0),
    ]  # fmt: skip


def test_a_dimension_says_whether_its_limit_is_given():
    """A value is a multiple of a given limit, and of a learned one how rare it is among good windows."""
    cells = (replace(PLAN.cells[0], mode=layout.FIXED), *PLAN.cells[1:])
    found = report.data(replace(PLAN, cells=cells), CHANNELS, log(100), series(400), SUMMARY)
    assert {d["name"]: d["given"] for d in found["dimensions"]} == {"spike": True, "noise": False, "offset": False}


def test_the_longest_failing_run_names_the_dimension_that_caused_it():
    runs = report.data(PLAN, CHANNELS, log(100), series(400), SUMMARY)["runs"]
    assert [(r["parent"], r["windows"], r["noData"]) for r in runs] == [(0, 5, 0), (0, 1, 1), (1, 1, 1)]
    assert runs[0]["causes"] == [["noise", 900]]
    assert runs[0]["action"] == 2
    assert (runs[0]["from"], runs[0]["to"]) == (83_000, 103_000)


def test_a_long_run_is_grouped_and_its_failures_still_show():
    n = 3 * report.WINDOWS
    found = report.data(PLAN, CHANNELS, log(n), series(4 * n), SUMMARY)
    assert found["group"] == 3
    verdicts = numbers(found["parents"][0]["verdicts"], "u1")
    assert len(verdicts) == report.WINDOWS
    assert (verdicts == report.FAIL).sum() == 3  # windows 20 to 24 lie in groups 6, 7 and 8
    assert verdicts[10] == report.NO_DATA
    assert numbers(found["dimensions"][1]["values"], "<i2").max() == 900
    assert (numbers(found["actions"]["taken"], "u1") == 2).sum() == 4
    assert len(json.dumps(found)) < 3_000_000


def test_times_of_years_fit_the_pages_32_bits():
    many = log(100)
    far = WindowLog(many.ends_ms * 1, many.why, many.passes, many.scores, many.actions, many.values)
    far.ends_ms[-1] += 20 * 365 * 86_400_000
    found = report.data(PLAN, CHANNELS, far, series(400), SUMMARY)
    assert found["tick"] > 1
    assert int(numbers(found["ends"], "<u4")[-1]) * found["tick"] + found["zero"] - far.ends_ms[-1] < found["tick"]


def test_a_run_without_a_window_has_a_page_too():
    empty = WindowLog(*(array[:0] for array in vars(log(40)).values()))
    assert "<html" in report.page(PLAN, CHANNELS, empty, series(3), SUMMARY)


def test_a_page_asks_for_nothing_from_elsewhere_and_no_name_breaks_out_of_it():
    page = report.page(PLAN, CHANNELS, log(100), series(400), SUMMARY)
    assert not re.findall(r"""(?:src|href)=["']?(?!data:,)\w|@import|url\(|https?://""", page)
    assert page.count("</script>") == 2
    assert "&lt;/script&gt;" in page


@pytest.mark.parametrize("n", [100, 60_000])
def test_a_browser_draws_it_without_a_complaint(n, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no browser: apt-get install chromium")
    summary = {**SUMMARY, "windows": n, "verdicts": {"intrinsic": {"pass": n - 15, "fail": 5}}}
    page = tmp_path / "report.html"
    page.write_text(report.page(PLAN, CHANNELS, log(n), series(4 * n, gap=True), summary))
    done = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", f"--user-data-dir={tmp_path / 'profile'}",
         "--enable-logging=stderr", "--virtual-time-budget=4000", "--window-size=1200,1200", "--dump-dom",
         page.as_uri()],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "CONSOLE" not in done.stderr
    assert done.stdout.count('class="tile"') == 8
    assert f"{n:,}" in done.stdout
    assert "<td>intrinsic</td>" in done.stdout
    assert re.search(r'<canvas id="tracks"[^>]* style="height: \d{3}px', done.stdout)
