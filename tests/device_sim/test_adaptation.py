"""Adaptation on the virtual board: what has changed for good is learned, and taken over when that is confirmed."""

import base64
import csv
import json
import re

import numpy as np
import pytest
from motegate.device_sim.simulate import simulate
from motegate.firmware.device import layout
from motegate.firmware.errors import InputError
from motegate.train import policy as policies
from motegate.train import recording
from motegate.train.host import Trained
from motegate.train.host.adaptive import AdaptiveGate, Measured
from motegate.train.host.gate import HostGate
from motegate.train.policy import plan as plans

from . import hand

pytestmark = pytest.mark.device
START = np.datetime64("2026-01-01T00:00:00")
CHANGE, END = 60, 200  # windows
RULES = "[adapt]\nenabled = true\nlearn = 16\nlevel_widths = 20\n"


def policy(more: str) -> str:
    return hand.POLICY.replace(', "drift"]', "]") + RULES + more


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    values = hand.stream(64 * END)
    values[64 * CHANGE :] += 2
    return hand.recording_of(tmp_path_factory.mktemp("adaptation") / "stream.csv", values)


@pytest.fixture(scope="module")
def works(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("works")
    return {
        confirm: hand.work(folder / confirm, data, policy=policy(f'confirm = "{confirm}"\n'))
        for confirm in ("auto", "labels", "operator")
    }


def label(path, windows, what: str, delay: int = 2, parent: str = "contextual", length: int = 64):
    """Labels of windows by their number."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["timestamp", "parent", "label", "delay"])
        for window in windows:
            writer.writerow([START + np.timedelta64(length * (window + 1) - 1, "s"), parent, what, delay])
    return path


def changes(summary) -> list[str]:
    return [change["phase"] for change in summary.adapt["changes"]]


def told(out) -> list[dict]:
    """The verdicts, each with its passes."""
    events = [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]
    return [event for event in events if event["k"] == "verdict"]


def failing(out, begin: int, end: int) -> int:
    return sum(event["p"][1] == 0 for event in told(out)[begin:end])


def test_by_itself_it_learns_the_new_level_and_passes_again(works, data, tmp_path):
    summary = simulate(works["auto"], [data], tmp_path, heap_kb=192)
    assert changes(summary) == ["wait", "learn", "trial", "calm"]
    assert summary.adapt["swaps"] == 1
    assert summary.adapt["changes"][-1]["why"] == "taken over"
    assert failing(tmp_path, CHANGE, CHANGE + 30) == 30
    assert failing(tmp_path, CHANGE + 35, END) == 0
    assert summary.heap.allocated_per_window == 0
    assert summary.errors == 0
    page = re.search(r'id="data"[^>]*>(.*?)</script>', (tmp_path / "report.html").read_text(), re.DOTALL)
    low, high = (np.frombuffer(base64.b64decode(edge), "<i2") for edge in json.loads(page[1])["channels"][0]["band"])
    assert (low[:19] == layout.MISSING).all()  # commissioning
    assert (low[20:] < high[20:]).all()
    assert low[-1] - low[CHANGE - 1] == pytest.approx(2000, abs=400)  # 2 bar and the wave, in counts: the new band


def test_the_host_judges_with_the_same_bits(works, data, tmp_path):
    summary = simulate(works["auto"], [data], tmp_path, heap_kb=192)
    work = works["auto"]
    plan = plans.read(work / "convert" / "plan.json")
    packs = {p.name: (work / "convert" / f"{p.name}.pack").read_bytes() for p in plan.classifiers}
    records = recording.read(policies.load(work / "policy.toml"), [data])
    gate = HostGate(plan, packs, (work / "convert" / "reference.bin").read_bytes(), records).run()
    assert [event["p"] for event in told(tmp_path) if "p" in event] == gate.passes().astype(int).tolist()
    assert summary.adapt["swaps"] == 1


def test_without_a_label_nothing_is_taken_over(works, data, tmp_path):
    summary = simulate(works["labels"], [data], tmp_path, heap_kb=192)
    assert changes(summary) == ["wait", "learn", "trial"]
    assert summary.adapt["phase"] == "trial"
    assert failing(tmp_path, CHANGE, END) == END - CHANGE


def test_eight_labels_that_say_good_are_a_permission(works, data, tmp_path):
    labels = label(tmp_path / "labels.csv", range(CHANGE + 6, CHANGE + 14), "good")
    summary = simulate(works["labels"], [data], tmp_path, heap_kb=192, labels=labels)
    assert summary.adapt["labels"] == {"late": 0, "noted": 0, "counted": 8, "again": 0, "taught": 0, "of_no_window": 0}
    assert changes(summary)[-1] == "calm"
    assert failing(tmp_path, CHANGE + 35, END) == 0


FAINT = range(24, 264, 6)  # windows with a spike; the base sees the larger ones, too few for an alarm


@pytest.fixture(scope="module")
def faint(tmp_path_factory):
    """A work folder whose last layers may learn, and a recording with faint spikes."""
    folder = tmp_path_factory.mktemp("faint")
    values = hand.stream(64 * 264)
    for window in FAINT:
        values[64 * window + 30] += 0.137
    data = hand.recording_of(folder / "faint.csv", values)
    return hand.work(
        folder / "work", data, policy=policy("head_bound = 1\ncanary_errors = 0\n"), pack_of=hand.teachable
    ), data


def test_labels_of_what_it_misses_teach_a_last_layer_that_judges_from_then_on(faint, tmp_path):
    work, data = faint
    plain = simulate(work, [data], tmp_path / "plain", heap_kb=192)
    assert not plain.adapt["changes"]
    labels = label(tmp_path / "labels.csv", list(FAINT)[:20], "bad", parent="intrinsic")
    summary = simulate(work, [data], tmp_path / "taught", heap_kb=192, labels=labels)
    assert summary.adapt["labels"] | {"taught": 20} == summary.adapt["labels"]
    assert summary.adapt["changes"][0]["why"] == "a last layer that labels taught judges"
    assert summary.adapt["changes"][0]["of"] == 0
    late = [told(tmp_path / name)[list(FAINT)[20] :] for name in ("plain", "taught")]
    seen = [[window["p"][0] == 0 for window in one[::6]] for one in late]
    assert sum(seen[1]) > sum(seen[0]) + 3
    assert all(now >= before for before, now in zip(*seen, strict=True))
    quiet = [window["p"][0] for k, window in enumerate(late[1]) if k % 6]
    assert all(quiet)
    assert summary.heap.allocated_per_window == 0


def test_the_host_learns_the_same_last_layer(faint, tmp_path):
    work, data = faint
    labels = label(tmp_path / "labels.csv", FAINT, "bad", parent="intrinsic", delay=3)
    simulate(work, [data], tmp_path, heap_kb=192, labels=labels)
    trained = Trained.load(work)
    gate = AdaptiveGate(trained, Measured.of(trained, recording.read(policies.load(work / "policy.toml"), [data])))
    for window in gate:
        if window - 3 in FAINT:
            gate.label(window - 3, 0, good=False)
    assert [event["p"] for event in told(tmp_path) if "p" in event] == gate.passes[20:].astype(int).tolist()
    assert gate.cycle.heads.live()


def test_labels_that_say_bad_keep_the_reference_for_good(works, data, tmp_path):
    labels = label(tmp_path / "labels.csv", range(CHANGE + 6, CHANGE + 40), "bad")
    summary = simulate(works["labels"], [data], tmp_path, heap_kb=192, labels=labels)
    assert summary.adapt["phase"] == "refused"
    assert failing(tmp_path, CHANGE, END) == END - CHANGE


def test_after_thirty_labels_without_a_quorum_nobody_is_believed_until_the_change_is_over(works, data, tmp_path):
    labels = label(tmp_path / "labels.csv", range(CHANGE + 6, CHANGE + 37), "bad")
    with labels.open("a") as file:
        file.write(
            "".join(label(tmp_path / "more.csv", range(CHANGE + 40, CHANGE + 60), "good").open().readlines()[1:])
        )
    summary = simulate(works["labels"], [data], tmp_path, heap_kb=192, labels=labels)
    assert summary.adapt["labels"]["counted"] == 51
    assert (summary.adapt["phase"], summary.adapt["swaps"]) == ("refused", 0)


def test_late_labels_and_labels_of_no_window_count_for_nothing(works, data, tmp_path):
    labels = label(tmp_path / "labels.csv", range(CHANGE + 6, CHANGE + 14), "good", delay=65)
    with labels.open("a") as file:
        file.write("2026-01-01T00:00:05,contextual,good,0\n")
    summary = simulate(works["labels"], [data], tmp_path, heap_kb=192, labels=labels)
    assert summary.adapt["labels"] == {"late": 8, "noted": 0, "counted": 0, "again": 0, "taught": 0, "of_no_window": 1}
    assert failing(tmp_path, CHANGE, END) == END - CHANGE


def at_window(window: int, length: int = 64) -> str:
    return str(START + np.timedelta64(length * window, "s"))


def test_the_operator_confirms_and_rolls_back(works, data, tmp_path):
    orders = [
        f"adapt@{at_window(CHANGE - 10)}",
        f"adapt@{at_window(CHANGE + 40)}",
        f"rollback@{at_window(CHANGE + 80)}",
    ]
    summary = simulate(works["operator"], [data], tmp_path, heap_kb=192, orders=orders)
    assert summary.adapt["orders"] == {"obeyed": 2, "refused": 1}
    assert [change["why"] for change in summary.adapt["changes"]][3:5] == ["taken over", "rolled back"]
    assert failing(tmp_path, CHANGE + 45, CHANGE + 80) == 0
    assert failing(tmp_path, CHANGE + 82, END) == END - CHANGE - 82


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("2026-01-01T00:00:63,contextual,good,1", "is no time"),
        ("2026-01-01T00:01:03,nobody,good,1", "parent 'nobody'; expected intrinsic or contextual or integrity"),
        ("2026-01-01T00:01:03,contextual,fine,1", "label 'fine'; expected good or bad"),
        ("2026-01-01T00:01:03,contextual,good,-1", "delay '-1'; expected a whole number of windows, 0 to 10000"),
    ],
)
def test_a_wrong_label_is_said_with_its_line(works, data, tmp_path, line, why):
    path = tmp_path / "labels.csv"
    path.write_text(f"timestamp,parent,label,delay\n{line}\n")
    with pytest.raises(InputError, match=r"labels\.csv:2") as refused:
        simulate(works["labels"], [data], tmp_path / "out", labels=path)
    assert why in str(refused.value)


def test_a_board_that_does_not_adapt_takes_no_labels(work, recorded, tmp_path):
    labels = label(tmp_path / "labels.csv", [3], "good")
    with pytest.raises(InputError, match="this policy does not adapt"):
        simulate(work, [recorded], tmp_path / "out", labels=labels)
