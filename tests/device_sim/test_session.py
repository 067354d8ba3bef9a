"""A virtual board in a test's hand: fed, run for as long as it is told, asked what it makes of it."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from motegate.device_sim.testing import Session
from motegate.firmware.link import Error, Recovered

from . import hand

pytestmark = pytest.mark.device


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("session")
    data = hand.recording_of(folder / "learned.csv", hand.stream(64 * 60))
    return hand.work(folder / "work", data, windows=20)


def test_a_stream_that_leaves_its_band_is_kept_and_a_good_one_used(made, mote):
    board = mote(made, commission=0)
    board.feed(hand.stream(64 * 4, seed=2)).feed(hand.stream(64 * 3, seed=3) + 2.5)
    assert [v.passes for v in board.run("256 s")] == [(1, 1, 1)] * 4
    verdict = board.expect_action("keep", within="2 min")
    assert verdict.passes[1] == 0
    assert board.now_s <= 256 + 128


def test_what_is_expected_and_never_comes_says_what_came(made, mote):
    board = mote(made, commission=0).feed(hand.stream(64 * 4, seed=2))
    with pytest.raises(AssertionError, match=r"action discard: not within 192 s; 3 windows were judged: use"):
        board.expect_action("discard", within="192 s")
    with pytest.raises(ValueError, match=r"'stop' is no action of this policy; expected use, keep, discard"):
        board.expect_action("stop")
    with pytest.raises(ValueError, match="3600 records to run, and 64 of them fed"):
        board.run("1 h")


@pytest.mark.parametrize("how", ["silent", "hang"])
def test_a_bus_that_fails_is_a_fault_of_the_data_until_it_is_well_again(how, made, mote):
    board = mote(made, commission=0).feed(hand.stream(64 * 12, seed=4))
    board.run("128 s")
    board.fault(how, for_="3 min")
    assert board.expect_verdict("intrinsic", passes=False, within="3 min").why == "no_data"
    errors = [item.form for item in board.frames if isinstance(item.form, Error)]
    assert [error.of for error in errors] == ["channel 0"]
    board.run("3 min")
    assert [item.form.of for item in board.frames if isinstance(item.form, Recovered)] == ["channel 0"]
    assert board.expect_verdict("intrinsic", passes=True, within="4 min")


def test_pins_are_seen_while_it_runs(made, mote):
    board = mote(made, commission=0).feed(hand.stream(64 * 2, seed=2)).feed(hand.stream(64 * 2, seed=3) + 2.5)
    board.run("128 s")
    before = board.pins[15]
    board.run()
    assert {before, board.pins[15]} == {0, 1}


def test_steps_of_any_size_give_the_verdicts_of_one(made):
    stream = np.concatenate((hand.stream(200, seed=5), hand.stream(120, seed=6) + 1.2, hand.stream(320, seed=7)))
    found = []
    for step in (None, 1, 37, 300):
        with Session(made, commission=0) as board:
            board.feed(stream)
            left = len(stream)
            while step and left >= step:
                board.run(step)
                left -= step
            board.run()
            found.append(board.verdicts)
    assert len(found[0]) == 10
    assert all(one == found[0] for one in found)


def test_the_page_on_testing_does_what_it_says(tmp_path):
    """Its tests, in a folder of their own, by pytest alone."""
    page = (Path(__file__).parents[2] / "docs" / "testing.md").read_text()
    (tmp_path / "test_leak.py").write_text(re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0])
    data = hand.recording_of(tmp_path / "learned.csv", hand.stream(64 * 60))
    policy = hand.POLICY.replace('"keep"', '"alarm"')
    assert "pin:15=1" in policy
    hand.work(tmp_path / "work", data, windows=20, policy=policy)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_leak.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert "2 passed" in done.stdout, done.stdout[-2000:]


def test_a_bundle_that_would_sleep_deeply_is_as_awake_as_any(tmp_path):
    """Hours apart, so that it would: what the pins show is for one VM from its start to its end."""
    data = hand.recording_of(tmp_path / "learned.csv", hand.stream(64 * 30), period_s=3600)
    text = hand.POLICY.replace("period_ms = 1000", "period_ms = 3600000")
    work = hand.work(
        tmp_path / "work", data, windows=5, policy=text + '[power]\nsleep = "deep"\n[deploy]\nboard = "ESP32_GENERIC"\n'
    )
    with Session(work, commission=0) as board:
        assert len(board.feed(hand.stream(64 * 5, seed=2)).run()) == 5
