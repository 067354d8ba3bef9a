"""The main loop goes on: whatever sensors, effects, memory and the file system do, every window is in one count."""

import contextlib
from array import array
from pathlib import Path

import numpy as np
import pytest
from motegate.firmware.device import main
from motegate.firmware.device.layout import (
    COUNT_EFFECTS,
    COUNT_FAILED,
    COUNT_JUDGED,
    COUNT_SENSORS,
    LEFT,
    MISSING,
    STATE_BITES,
    STATE_BOOTS,
    STATE_CAUSE,
    STATE_RESETS,
    STATE_ROW,
    STATE_SAFE_STARTS,
)
from motegate.firmware.device.sensors.polled import Polled
from motegate.firmware.link.frames import Error, Health, Recovered, Verdict

from .test_main import Board, frames

pytestmark = pytest.mark.unit

FIRST = 180_000_000
HOP = 8


class Reset(SystemExit):
    """The board has reset."""


class Mote(Board):
    """A host whose reset is seen, and whose time is told by its records."""

    def reset(self):
        raise Reset


class Sensor:
    """Counts of a quiet wave; ``fails`` says at which records it raises."""

    def __init__(self, level, fails=lambda k: None):
        self.asked, self.level, self.fails = 0, level, fails
        self.rng = np.random.default_rng(level)

    def count(self):
        self.asked += 1
        error = self.fails(self.asked)
        if error is not None:
            raise error
        return int(self.level + 20 * self.rng.normal())


@pytest.fixture
def root(replaying, tmp_path) -> str:
    import shutil

    return f"{shutil.copytree(replaying, tmp_path / 'board')}/"


def started(root: str, mote: Mote, sensors=None):
    """A gate on a bundle; on ``sensors`` in place of its replay, a record at once whenever one is asked for."""
    writer = main.Writer(mote.write)
    gate = main.build(root, mote, writer)
    if sensors:
        mote.clock.tick = tick(mote.clock)
        gate.connect(Polled(sensors, mote, 1000, [], 16), gate.readers, mote)
    return gate, writer


def tick(clock):
    now = [FIRST]

    def stamped(seconds, millis, i):
        seconds[i], millis[i] = now[0], 0
        now[0] += 1
        clock.uptime += 1

    return stamped


def said(mote: Mote, kind: type) -> list:
    return [frame.form for frame in frames(bytes(mote.said)) if isinstance(frame.form, kind)]


def test_a_sensor_that_fails_is_left_alone_for_longer_and_longer_and_said_once(root):
    mote = Mote()
    bad = Sensor(300, lambda k: OSError(5) if 100 <= k < 130 else None)
    gate, _ = started(root, mote, [bad, Sensor(100)])
    while gate.windows < 60:
        gate.step()
    assert [(e.message, e.of) for e in said(mote, Error)] == [("OSError: 5", "channel 0")]
    assert [r.of for r in said(mote, Recovered)] == ["channel 0"]
    assert mote.counts[COUNT_SENSORS] == 29  # each but the first, which is asked again at once
    assert gate.windows == 60
    assert mote.counts[COUNT_FAILED] == 0


def test_what_a_sensor_says_no_more_is_missing_and_the_others_go_on():
    class Quiet(Board):
        trouble = well = lambda *_: None

    board = Quiet()
    board.clock.tick = tick(board.clock)
    source = Polled([Sensor(300, lambda k: OSError(5)), Sensor(100)], board, 1000, [], 16)
    values = array("h", [0] * 16)
    for at in (0, 4):
        assert source.read(values, array("i", [0] * 8), array("h", [0] * 8), array("i", [0] * 8), at, 8 - at) == 4
    assert list(values[::2]) == [MISSING] * 8
    assert MISSING not in values[1::2]


def test_an_effect_that_fails_keeps_no_other_from_its_turn(root):
    mote = Mote()
    gate, writer = started(root, mote)

    class Full:
        def append(self, *_):
            raise OSError(28)

    actions = gate.readers[1]
    actions._store = Full()
    actions._effects = [[(0, 0, 0, "store"), (2, 15, 1, "pin:15=1")] for _ in actions._effects]
    main.loop(gate, mote, writer)
    assert mote.levels == {15: 1}
    health = said(mote, Health)[-1]
    assert health.effects == health.errors == health.judged > 0
    assert len(said(mote, Error)) == 1
    assert health.adds_up


def test_a_window_whose_judging_fails_is_counted_and_the_rest_of_its_block_is_not_lost(root):
    mote = Mote()
    gate, writer = started(root, mote)
    fill, left = gate.dimensions.fill, [3]

    def short(stats, reference):
        if gate.windows > 20 and left[0]:
            left[0] -= 1
            raise MemoryError
        fill(stats, reference)

    gate.dimensions.fill = short
    main.loop(gate, mote, writer)
    health = said(mote, Health)[-1]
    assert (health.failed, health.errors) == (3, 3)
    assert health.adds_up
    assert health.windows == gate.windows == 1 + (400 - 16) // HOP
    assert len(said(mote, Verdict)) == health.windows - 3


def test_what_nobody_foresaw_is_said_saved_and_ends_in_a_reset_and_three_of_them_in_safe_mode(root):
    for start in range(1, 6):
        mote = Mote()
        gate, writer = started(root, mote)
        assert mote.counts[STATE_BOOTS] == start
        assert mote.counts[STATE_RESETS] == start - 1
        assert mote.state.safe == writer.safe == (start > 3)
        mote.clock.uptime = 100

        def odd(*_):
            raise ZeroDivisionError("odd")

        gate.dimensions.fill = odd
        with pytest.raises(Reset):
            main.loop(gate, mote, writer)
        assert "odd" in said(mote, Error)[-1].message
        assert all(frame.safe == (start > 3) for frame in frames(bytes(mote.said)))
    assert mote.counts[STATE_SAFE_STARTS] == 2


def test_three_resets_far_apart_are_no_reason_for_safe_mode(root):
    for _ in range(5):
        mote = Mote()
        gate, writer = started(root, mote)
        assert not mote.state.safe
        mote.clock.uptime = 400
        gate.step = lambda: 1 / 0
        with pytest.raises(Reset):
            main.loop(gate, mote, writer)


def test_safe_mode_judges_by_limits_alone_and_is_left_again(root):
    mote, gate, writer = crashed_thrice(root)
    assert mote.state.safe
    steps = gate.step

    def step():
        mote.clock.uptime += 30
        return steps()

    gate.step = step
    with pytest.raises(Reset):
        main.loop(gate, mote, writer)
    assert mote.counts[COUNT_JUDGED] > 15  # and none of them in commissioning
    assert mote.clock.uptime >= 600
    later = Mote()
    started(root, later)
    assert not later.state.safe
    assert later.counts[STATE_ROW] == 0


def crashed_thrice(root: str):
    for _ in range(3):
        mote = Mote()
        gate, writer = started(root, mote)
        gate.step = lambda: 1 / 0
        with contextlib.suppress(Reset):
            main.loop(gate, mote, writer)
    mote = Mote()
    return mote, *started(root, mote)


def test_a_start_that_fails_is_said_and_tried_again_and_again(root):
    (Path(root) / "gate" / "intrinsic.pack").write_bytes(b"MGP1invalid" * 9)
    paused = []
    for start in range(1, 5):
        mote = Mote()
        mote.clock.pause = paused.append
        with contextlib.suppress(Reset):
            main.run(root, mote)
        if start <= 3:
            assert "pack: " in said(mote, Error)[0].message
        else:  # no network is asked
            assert mote.state.safe
            assert said(mote, Health)[-1].judged > 0
    assert paused == [2000] * 3


def test_the_counts_of_effects_are_of_this_start(root):
    mote = Mote()
    started(root, mote)
    assert mote.counts[COUNT_EFFECTS] == 0


class Dog:
    """A watchdog that counts its meals."""

    def __init__(self):
        self.fed = 0

    def feed(self):
        self.fed += 1


def test_a_watchdog_is_fed_after_every_block_and_before_every_piece_of_a_sleep(root, monkeypatch):
    from motegate.firmware.device import clock

    mote = Mote()
    gate, writer = started(root, mote)
    dog = mote.watchdog = Dog()
    blocks = []
    step = gate.step

    def stepped():
        assert dog.fed >= len(blocks)
        blocks.append(1)
        return step()

    gate.step = stepped
    main.loop(gate, mote, writer)
    assert len(blocks) > 40
    assert dog.fed == len(blocks) - 1  # all but the last, behind which there was no record

    slept = []
    monkeypatch.setattr(clock, "sleep_ms", lambda ms: slept.append((ms, dog.fed)))
    dog.fed = 0
    mote.clock.pause(10_000)
    assert slept == [(4000, 1), (4000, 2), (2000, 3)]


@pytest.mark.parametrize("armed", [False, True])
def test_who_interrupts_gets_to_the_prompt_by_a_reset_where_a_watchdog_is_armed(root, armed):
    mote = Mote()

    def interrupted(gate, *_):
        mote.watchdog = Dog() if armed else None
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(main, "loop", interrupted)
        with pytest.raises(Reset) if armed else contextlib.nullcontext():
            main.run(root, mote)
    assert (Path(root) / "stop").exists() == armed
    assert mote.counts[STATE_CAUSE] == LEFT


def test_a_start_after_someone_left_for_the_prompt_is_no_reset_and_no_bite(root, monkeypatch):
    from types import SimpleNamespace

    from motegate.firmware.device.boot import kept

    monkeypatch.setattr(kept, "machine", SimpleNamespace(WDT_RESET=3, reset_cause=lambda: 3))  # machine.reset()'s own
    mote = Mote()
    gate, _ = started(root, mote)
    bites = mote.counts[STATE_BITES]  # nobody knows how it came to this first start
    mote.leave(gate)
    mote = Mote()
    started(root, mote)
    assert mote.counts[STATE_BITES] == bites
    mote = Mote()  # the one before did not leave
    started(root, mote)
    assert mote.counts[STATE_BITES] == bites + 1


@pytest.mark.parametrize(("sleep", "light"), [("light", True), ("none", False), (None, False)])
def test_the_start_lets_the_clock_sleep_lightly_where_the_service_says_so(root, monkeypatch, sleep, light):
    import json
    from types import SimpleNamespace

    from motegate.firmware.device import clock

    path = Path(root) / "gate" / "service.json"
    service = json.loads(path.read_text())
    del service["sleep"]
    path.write_text(json.dumps(service | ({"sleep": sleep} if sleep else {}) | ({"light": "ticks"} if light else {})))
    monkeypatch.setattr(clock, "machine", SimpleNamespace(lightsleep=None))
    mote = Mote()
    mote.check = lambda root: ()
    started(root, mote)
    assert mote.clock.is_light == light
