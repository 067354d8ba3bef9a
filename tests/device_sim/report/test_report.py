"""The report: what it says in numbers, and that a browser draws it without a complaint."""

import base64
import json
import re
import shutil
import subprocess
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from motegate.device_sim import report
from motegate.device_sim.recorder import NONE, REASONS, WindowLog
from motegate.device_sim.report.series import Downsampler
from motegate.device_sim.summary import labelled
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.device import layout
from motegate.firmware.link import Adapt, Drift, Regimes
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
    return WindowLog(ends, why, passes, np.zeros((n, 2), np.int8), actions, values, np.full(n, -1, np.int16))


def log_of_regimes(n: int) -> WindowLog:
    """The same, in regime 0; 1 is visited twice, 2 is a candidate, and one is asked about and absorbed."""
    windows = log(n)
    windows.regimes[10:] = 0
    windows.regimes[[40, 70]] = 1
    windows.why[50], windows.why[60] = REASONS.index("asked"), REASONS.index("absorbed")
    return replace(windows, known=Regimes(n, (2048, 100, 64), (n, 71, -1), (-1, -1, 55)))


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


def test_the_band_is_drawn_where_a_run_has_told_it():
    bands = np.arange(200, dtype=np.int16).reshape(100, 1, 2)
    (channel,) = report.data(PLAN, CHANNELS, replace(log(100), bands=bands), series(400), SUMMARY)["channels"]
    low, high = (numbers(edge, "<i2") for edge in channel["band"])
    assert (low.tolist(), high.tolist()) == (list(range(0, 200, 2)), list(range(1, 200, 2)))
    (channel,) = report.data(PLAN, CHANNELS, log(100), series(400), SUMMARY)["channels"]
    assert channel["band"] is None


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


def test_each_regime_says_when_it_was_seen_and_a_new_one_when_it_was_asked_about():
    found = report.data(PLAN, CHANNELS, log_of_regimes(100), series(400), SUMMARY)["regimes"]
    of = numbers(found["of"], "u1")
    assert list(of[[0, 15, 40, 41]]) == [NONE, 0, 1, 0]
    assert found["known"] == [
        {"radius": 2048, "candidate": False, "windows": 88, "first": 47_000, "last": 403_000},
        {"radius": 100, "candidate": False, "windows": 2, "first": 167_000, "last": 287_000},
        {"radius": 64, "candidate": True, "windows": 0},
    ]
    assert found["notices"] == [["asked", 207_000], ["absorbed", 247_000]]


def log_of_changes(n: int) -> WindowLog:
    """A change that is said, learned and taken over, with two labels."""
    seconds = START // 1000 - EPOCH_S
    alarm = Drift((seconds + 207, 0), 1, True, 4, 5, 5, 0)
    adapts = (Adapt((seconds + 207, 0), 1, 0, 0, 0, 0), Adapt((seconds + 247, 500), 0, 8, 0, 2, 1))
    labels = ((START + 215_000, 1), (START + 219_000, 0))
    return replace(log(n), drifts=(alarm,), adapts=adapts, labels=labels)


def test_what_was_said_of_changes_stands_in_its_order_with_phases_and_labels():
    found = report.data(PLAN, CHANNELS, log_of_changes(100), series(400), SUMMARY)["changes"]
    assert found["said"] == [
        (207_000, "contextual has changed, since 4 windows: 5 of 5 failed"),
        (207_000, "adaptation: wait, an alarm"),
        (247_500, "adaptation: calm, taken over (2 labels)"),
    ]
    assert found["phases"] == [[207_000, "wait"], [247_500, "calm"]]
    assert found["labels"] == [[215_000, 1], [219_000, 0]]
    assert report.data(PLAN, CHANNELS, log(100), series(400), SUMMARY)["changes"] is None


def test_without_regimes_the_page_says_nothing_of_them():
    assert report.data(PLAN, CHANNELS, log(100), series(400), SUMMARY)["regimes"] is None


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
    far = replace(many, ends_ms=many.ends_ms * 1)
    far.ends_ms[-1] += 20 * 365 * 86_400_000
    found = report.data(PLAN, CHANNELS, far, series(400), SUMMARY)
    assert found["tick"] > 1
    assert int(numbers(found["ends"], "<u4")[-1]) * found["tick"] + found["zero"] - far.ends_ms[-1] < found["tick"]


def test_a_run_without_a_window_has_a_page_too():
    empty = replace(log(40), **{name: some[:0] for name, some in vars(log(40)).items() if some is not None})
    assert "<html" in report.page(PLAN, CHANNELS, empty, series(3), SUMMARY)


def test_a_page_asks_for_nothing_from_elsewhere_and_no_name_breaks_out_of_it():
    page = report.page(PLAN, CHANNELS, log(100), series(400), SUMMARY)
    assert not re.findall(r"""(?:src|href)=["']?(?!data:,)\w|@import|url\(|https?://""", page)
    assert page.count("</script>") == 2
    assert "&lt;/script&gt;" in page


@pytest.mark.parametrize(
    ("n", "made"), [(100, log), (100, log_of_changes), (100, log_of_regimes), (60_000, log_of_regimes)]
)
def test_a_browser_draws_it_without_a_complaint(n, made, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no browser: apt-get install chromium")
    summary = {**SUMMARY, "windows": n, "verdicts": {"intrinsic": {"pass": n - 15, "fail": 5}}}
    page = tmp_path / "report.html"
    page.write_text(report.page(PLAN, CHANNELS, made(n), series(4 * n, gap=True), summary))
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
    assert ("a new regime is asked about</td>" in done.stdout) == (made is log_of_regimes)
    assert ("adaptation: calm, taken over" in done.stdout.split("<script")[0]) == (made is log_of_changes)
    assert re.search(r'<canvas id="tracks"[^>]* style="height: \d{3}px', done.stdout)


def test_the_score_track_has_the_highest_score_that_has_passed():
    windows = log(100)
    windows.scores[:, 0] = np.arange(100) - 50
    windows.scores[90:, 0] = 127
    windows.passes[90:, 0] = 0
    found = report.report.data(PLAN, CHANNELS, windows, series(410), SUMMARY)
    assert [parent["passesTo"] for parent in found["parents"]] == [39, 0, None]


def test_windows_are_held_against_what_is_labelled():
    windows = log(100)
    policy = SimpleNamespace(label_share=0.6)  # the windows on either side share half of their samples
    begin, end = int(windows.ends_ms[20]), int(windows.ends_ms[24])
    found = labelled(policy, PLAN, windows, "intrinsic", [(begin - 7000, end)])
    assert sum(found.values()) == 90  # ten were commissioning
    assert (found["found"], found["missed"], found["false"]) == (5, 0, 1)  # the one without data is no labelled failure
    nothing = labelled(policy, PLAN, windows, "intrinsic", [])
    assert (nothing["found"], nothing["missed"], nothing["false"]) == (0, 0, 6)
