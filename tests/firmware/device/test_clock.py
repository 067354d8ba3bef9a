"""The clock over a fake of MicroPython's time: its epochs, its wrapping ticks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.firmware.device import clock

WRAP = 1 << 30


class Time:
    def __init__(self, monkeypatch, ticks=0, now=1_750_000_000, epoch=1970):
        self.ticks, self.now, self.epoch, self.slept = ticks, now, epoch, []
        monkeypatch.setattr(clock, "time", self)
        monkeypatch.setattr(clock, "ticks_ms", lambda: self.ticks % WRAP)
        monkeypatch.setattr(clock, "sleep_ms", self.sleep)

    def time(self):
        return self.now

    def gmtime(self, seconds):
        return (self.epoch, 1, 1, 0, 0, 0, 0, 1)

    def sleep(self, ms):
        self.slept.append(ms)
        self.ticks += ms


@pytest.mark.unit
@pytest.mark.parametrize(("epoch", "now"), [(1970, 1577836800), (2000, 631152000)])
def test_seconds_count_from_2020_whatever_the_ports_epoch(monkeypatch, epoch, now):
    Time(monkeypatch, now=now + 77, epoch=epoch)
    assert clock.Clock().seconds == 77


@pytest.mark.unit
def test_a_clock_that_was_never_set_says_so(monkeypatch):
    time = Time(monkeypatch, now=1609459200)  # a Pico wakes up in 2021
    assert clock.Clock().is_set() == 0
    time.now = 1_750_000_000
    assert clock.Clock().is_set() == 1


@pytest.mark.property
@given(start=st.integers(0, WRAP - 1), steps=st.lists(st.integers(0, WRAP // 2 - 1), max_size=30))
def test_time_goes_on_through_any_wrap_of_the_ticks(start, steps):
    with pytest.MonkeyPatch.context() as patch:
        time = Time(patch, ticks=start)
        now = clock.Clock()
        began = now.seconds
        for step in steps:
            time.ticks += step
            now.look()
            assert (now.seconds - began) * 1000 + now.millis == time.ticks - start
            assert 0 <= now.millis < 1000
        assert now.uptime == now.seconds - began


@pytest.mark.property
@given(
    start=st.integers(WRAP - 10_000, WRAP - 1),
    period=st.integers(1, 5000),
    work=st.lists(st.integers(0, 20_000), min_size=1, max_size=20),
)
def test_the_pace_stays_on_its_grid_and_late_ticks_are_skipped(start, period, work):
    with pytest.MonkeyPatch.context() as patch:
        time = Time(patch, ticks=start)
        now = clock.Clock()
        now.every(period)
        for busy in work:
            before = time.ticks
            seconds, millis = [0], [0]
            now.tick(seconds, millis, 0)
            assert (seconds[0], millis[0]) == (now.seconds, now.millis)
            late = (time.ticks - start) % period
            assert late == 0 or time.ticks == before  # on the grid, or late and not slept at all
            assert time.ticks - before <= period
            time.ticks += busy


@pytest.mark.unit
def test_a_long_wait_goes_in_pieces_and_ends_on_the_tick(monkeypatch):
    time = Time(monkeypatch, ticks=100)
    now = clock.Clock()
    turns = []
    now.between = lambda: turns.append(time.ticks)
    now.every(10_000)
    seconds, millis = [0] * 2, [0] * 2
    now.tick(seconds, millis, 0)
    time.ticks += 500  # what a record took
    now.tick(seconds, millis, 1)
    assert (turns, time.slept) == ([600, 4600, 8600], [4000, 4000, 1500])
    assert (seconds[1] - seconds[0]) * 1000 + millis[1] - millis[0] == 10_000
    now.piece = 20  # someone talks
    now.tick(seconds, millis, 0)
    assert set(time.slept[3:]) == {20}
    assert time.ticks == 20_100


@pytest.mark.unit
def test_a_time_that_was_given_holds_and_the_ports_own_clock_gets_it(monkeypatch):
    from types import SimpleNamespace

    time = Time(monkeypatch, ticks=5)
    given = []
    monkeypatch.setattr(clock, "machine", SimpleNamespace(RTC=lambda: SimpleNamespace(datetime=given.append)))
    now = clock.Clock()
    now.look()
    up = now.uptime
    now.set(200_000_000, 250)
    assert given == [(1970, 1, 1, 0, 0, 0, 0, 0)]  # as this fake's gmtime has it
    time.ticks += 1750
    now.look()
    assert (now.seconds, now.millis, now.uptime) == (200_000_002, 0, up + 2)


class Machine:
    """Light sleeps over a fake time; ``early``: ends each so many milliseconds before its time, but for the last."""

    def __init__(self, time, early=()):
        self.time, self.early, self.slept = time, list(early), []

    def lightsleep(self, ms):
        if self.early:
            ms = max(ms - self.early.pop(), 0)
        self.slept.append(ms)
        self.time.ticks += ms


@pytest.mark.property
@given(
    start=st.integers(WRAP - 10_000, WRAP - 1),
    period=st.integers(1, 20_000),
    work=st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 3000)), min_size=1, max_size=20),
    early=st.lists(st.integers(0, 5000), max_size=30),
)
def test_in_light_sleep_the_pace_stays_on_its_grid_and_the_time_right(start, period, work, early):
    """However early a sleep ends, and whatever was sent."""
    with pytest.MonkeyPatch.context() as patch:
        time = Time(patch, ticks=start)
        patch.setattr(clock, "machine", Machine(time, early))
        now = clock.Clock()
        began = now.seconds
        now.light(fed=True)
        now.every(period)
        for busy, bytes_sent in work:
            before = time.ticks
            seconds, millis = [0], [0]
            now.tick(seconds, millis, 0)
            late = (time.ticks - start) % period
            assert late == 0 or time.ticks == before
            assert (seconds[0] - began) * 1000 + millis[0] == time.ticks - start
            time.ticks += busy
            now.sent(bytes_sent)


@pytest.mark.unit
def test_what_is_sent_is_through_before_the_board_sleeps_lightly(monkeypatch):
    time = Time(monkeypatch, ticks=100)
    machine = Machine(time)
    monkeypatch.setattr(clock, "machine", machine)
    now = clock.Clock()
    now.light(fed=True)
    now.every(10_000)
    seconds, millis = [0], [0]
    now.tick(seconds, millis, 0)
    now.sent(550)
    now.sent(110)
    now.tick(seconds, millis, 0)
    assert time.slept == [50 + 2 + 10 + 2]  # at 11 bytes a millisecond
    assert machine.slept == [4000, 4000, 1936]
    time.ticks += 9_997  # a few milliseconds are no sleep
    now.tick(seconds, millis, 0)
    assert (time.slept[1:], len(machine.slept)) == ([3], 3)


@pytest.mark.unit
def test_what_was_sent_days_ago_keeps_nobody_awake(monkeypatch):
    time = Time(monkeypatch, ticks=0)
    machine = Machine(time)
    monkeypatch.setattr(clock, "machine", machine)
    now = clock.Clock()
    now.light(fed=True)
    now.sent(100)
    for later in (WRAP // 2 + 100, WRAP * 3 // 4):  # by the ticks it lies ahead, then
        time.ticks = later
        now.pause(1000)
    assert (time.slept, machine.slept) == ([], [1000, 1000])


@pytest.mark.unit
def test_a_port_without_light_sleep_waits_as_ever(monkeypatch):
    from types import SimpleNamespace

    time = Time(monkeypatch, ticks=100)
    monkeypatch.setattr(clock, "machine", SimpleNamespace())
    now = clock.Clock()
    now.light(fed=True)
    now.pause(1000)
    assert time.slept == [1000]
