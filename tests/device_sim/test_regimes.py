"""Which regimes the board knows, as it says so itself on the real VM, and as the report shows it."""

import json
import re

import numpy as np
import pytest
from motegate.device_sim.simulate import simulate
from motegate.firmware.link.decoder import parse
from motegate.firmware.link.frames import Regimes, encode

from . import hand

pytestmark = pytest.mark.device

COMMISSIONING = 160
JUMP = 240  # the window from which on the process runs elsewhere
WINDOWS = 500
POLICY = hand.POLICY.replace('"drift"]', '"drift", "regime"]') + "patience_days = 0.02\n"


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("regimes")
    values = hand.stream(64 * WINDOWS)
    values[64 * JUMP :] += 1.5
    data = hand.recording_of(folder / "stream.csv", values)
    work = hand.work(folder / "work", data, windows=COMMISSIONING, policy=POLICY)
    simulate(work, [data], folder / "out", heap_kb=120)
    return folder / "out"


@pytest.fixture(scope="module")
def events(out) -> list[dict]:
    return [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]


def rosters(events: list[dict]) -> list[Regimes]:
    return [Regimes.read(event) for event in events if event["k"] == "regimes"]


def test_the_first_comes_behind_hello_with_the_trained_ones_not_seen_yet(events):
    assert [event["k"] for event in events[:2]] == ["hello", "regimes"]
    shipped = rosters(events)[0]
    assert shipped.window == 0
    assert len(shipped.radius) >= 1
    assert set(shipped.seen) == {-1}


def test_one_comes_when_commissioning_has_ended(events):
    kinds = [event["k"] if event["k"] != "verdict" else event.get("why", "verdict") for event in events]
    first = kinds.index("verdict")
    assert kinds[first + 1] == "regimes"
    ready = Regimes.read(events[first + 1])
    assert ready.window == COMMISSIONING
    assert len(ready.radius) >= 1
    assert -1 in ready.candidate


def test_one_comes_when_a_new_regime_was_absorbed_and_says_when_it_was_seen(events):
    whys = [event.get("why") for event in events]
    assert whys.count("asked") == whys.count("absorbed") == 1
    asked, absorbed = whys.index("asked"), whys.index("absorbed")
    before = [event for event in events[:absorbed] if event["k"] == "regimes"][-1]
    after = Regimes.read(events[absorbed + 1])
    assert asked < absorbed
    assert len(after.radius) == len(before["radius"]) + 1
    assert after.candidate[-1] == -1
    assert JUMP < after.seen[-1] <= after.window == sum(event["k"] == "verdict" for event in events[: absorbed + 1]) - 1
    last = rosters(events)[-1]
    assert last.seen[-1] == last.window > after.window  # what it runs in at the end
    assert max(last.seen[:-1]) <= JUMP


def test_what_is_absorbed_fails_no_longer_though_it_lies_outside_the_band(events):
    verdicts = [event for event in events if event["k"] == "verdict"]
    known = [event.get("why") for event in verdicts].index("absorbed")
    fails = [0 in event["p"] for event in verdicts if "p" in event]
    fails = [None] * (len(verdicts) - len(fails)) + fails
    assert all(fails[JUMP + 1 : known - 1])
    assert sum(fails[known:]) <= 2


def test_they_come_every_64_windows_and_the_line_shows_them(events):
    told = [roster.window for roster in rosters(events)]
    assert max(np.diff(told)) == 64
    line = parse(encode(rosters(events)[-1], 7)).form.line(None)
    assert re.match(rf"regimes at window {told[-1]}: 0 \(radius \d+, seen at \d+\)", line)


def test_the_report_numbers_them_and_shows_when_each_was_seen(out, events):
    page = (out / "report.html").read_text()
    found = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])["regimes"]
    assert [what for what, _ in found["notices"]] == ["asked", "absorbed"]
    assert len(found["known"]) == len(rosters(events)[-1].radius)
    assert found["known"][-1]["windows"] > 100
    assert found["known"][-1]["first"] > found["notices"][1][1] - 2 * 64_000
