"""What a deep sleep keeps, and a wake-up that takes a record: on a host, with a machine made up here."""

import importlib
import sys
import time
import types
from array import array
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.unit

START_MS = 189_302_400_000  # 2026-01-01, milliseconds since 2020


class Asleep(BaseException):
    """The board sleeps deeply: whatever ran is over."""


@pytest.fixture
def board(monkeypatch):
    """A machine whose memory lasts, and a clock in which only sleeping takes time."""
    machine = types.ModuleType("machine")
    machine.now = START_MS
    machine.memory = b""
    machine.cause = machine.DEEPSLEEP_RESET = 4

    class RTC:
        def memory(self, data=None):
            if data is None:
                return machine.memory
            machine.memory = bytes(data)

    def deepsleep(ms):
        machine.now += ms
        raise Asleep

    def sleep_ms(ms):
        machine.now += ms

    machine.RTC, machine.deepsleep, machine.reset_cause = RTC, deepsleep, lambda: machine.cause
    monkeypatch.setitem(sys.modules, "machine", machine)
    monkeypatch.setattr(time, "time_ns", lambda: (machine.now + 1_577_836_800_000) * 1_000_000)
    monkeypatch.setattr(time, "sleep_ms", sleep_ms, raising=False)
    for name in ("retained", "sampler", "napping"):
        monkeypatch.delitem(sys.modules, f"motegate.firmware.device.sleep.{name}", raising=False)
    machine.retained, machine.sampler, machine.napping = (
        importlib.import_module(f"motegate.firmware.device.sleep.{name}") for name in ("retained", "sampler", "napping")
    )
    yield machine
    for name in ("retained", "sampler", "napping"):
        sys.modules.pop(f"motegate.firmware.device.sleep.{name}", None)


class Reader:
    def __init__(self, *readings):
        self.readings = list(readings)

    def count(self):
        found = self.readings.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def blank(board, channels=1, room=3, period_ms=60_000):
    kept = board.retained.blank(channels, period_ms, room)
    kept.set_due(START_MS)
    return kept


def test_what_is_kept_comes_back_as_it_was(board):
    kept = blank(board, channels=2)
    kept.add(START_MS + 5, [-32768, 32767])
    kept.hold(b"all that a gate holds", "", 100)
    kept.keep()
    again = board.retained.recall()
    assert list(again.head) == list(kept.head)
    assert again.held("") == b"all that a gate holds"
    values, seconds, millis = [0, 0], [0], [0]
    again.give(0, values, seconds, millis, 0)
    assert (values, seconds, millis) == ([-32768, 32767], [START_MS // 1000], [5])


def test_any_bit_that_has_changed_and_any_end_that_is_missing_is_found(board):
    kept = blank(board)
    kept.add(START_MS, [7])
    kept.hold(b"gate", "", 100)
    kept.keep()
    whole = board.memory
    for bit in range(8 * len(whole)):
        altered = bytearray(whole)
        altered[bit // 8] ^= 1 << bit % 8
        board.memory = bytes(altered)
        again = board.retained.recall()
        assert again is None or again.held("") is None, bit
    for end in range(len(whole)):
        board.memory = whole[:end]
        again = board.retained.recall()
        assert again is None or again.held("") is None, end


def test_a_gate_that_does_not_fit_lies_in_a_file(board, tmp_path):
    root = f"{tmp_path}/"
    kept = blank(board)
    kept.hold(b"x" * 101, root, 100)
    kept.keep()
    assert len(board.memory) < 101 + 20
    assert board.retained.recall().held(root) == b"x" * 101
    (tmp_path / board.retained.FILE).write_bytes(b"y" * 101)
    assert board.retained.recall().held(root) is None


def test_after_any_other_reset_nothing_is_recalled(board):
    blank(board).keep()
    board.cause = 1
    assert board.retained.recall() is None


def test_a_board_sleeps_deeply_from_record_to_record_and_takes_each_at_its_time(board):
    kept = blank(board)
    kept.set_due(START_MS + 60_000)
    kept.head[10] = 0  # DEEP_LEAD: what a start takes is not known yet
    reader = Reader(1, 2, 3)
    slept = 0
    while kept.head[4] < 3:  # DEEP_RECORDS
        try:
            board.sampler.collect(kept, [reader], None)
        except Asleep:
            slept += 1
            board.now += 400  # the start
            kept = board.retained.recall()
            board.sampler._learn_lead(kept, board.now - kept.wake())
    assert slept == 3
    stamps = []
    for i in range(3):
        values, seconds, millis = [0], [0], [0]
        kept.give(i, values, seconds, millis, 0)
        stamps.append((values[0], seconds[0] * 1000 + millis[0] - START_MS))
    assert stamps == [(1, 60_400), (2, 120_000), (3, 180_000)]  # the first came late by a start that nobody knew
    assert kept.head[13] == 0  # DEEP_LATE: by less than an eighth of a period


def test_a_record_later_than_an_eighth_of_a_period_is_counted_and_what_was_missed_is_not_made_up_for(board):
    kept = blank(board, room=2)
    board.now += 130_000
    with pytest.raises(Asleep):
        board.sampler.collect(kept, [Reader(1, 2)], None)
    assert kept.head[13] == 1
    assert kept.head[4] == 1
    assert kept.due() == START_MS + 180_000


def test_a_sensor_that_fails_twice_leaves_its_sample_missing_and_is_remembered(board):
    kept = blank(board, channels=2, room=1)
    board.sampler.collect(kept, [Reader(OSError(5), 11), Reader(OSError(5), OSError(5))], None)
    values, seconds, millis = [0, 0], [0], [0]
    kept.give(0, values, seconds, millis, 0)
    assert values == [11, -32768]
    assert kept.head[15] == 2  # DEEP_TROUBLED
    assert kept.head[14] == 1  # DEEP_FAILED


def test_a_switched_supply_is_on_for_its_warm_up_and_off_behind_the_record(board):
    log = []

    class Supply:
        warm_up_ms = 250

        def on(self):
            log.append(("on", board.now - START_MS))

        def off(self):
            log.append(("off", board.now - START_MS))

    kept = blank(board, room=1)
    kept.set_due(START_MS + 10_000)
    with pytest.raises(Asleep):
        board.sampler.collect(kept, [Reader(1)], Supply())
    assert board.now == START_MS + 9_750
    board.sampler.collect(board.retained.recall(), [Reader(1)], Supply())
    assert log == [("on", 9_750), ("off", 10_000)]


def test_while_a_host_talks_records_go_on_at_their_times_awake(board):
    """And when it has gone the board sleeps on from the next one, not from where it was disturbed."""
    asked = []
    talk = [True]

    class Clock:
        period_ms, late, seconds, millis, uptime = 60_000, 0, START_MS // 1000, 0, 0

        def tick_in(self, ms):
            asked.append(ms)

        def to_tick(self):
            return 60_000

        def drain(self):
            pass

        look = drain

    class Polled:
        readers, supply = [Reader(5, 6)], None

        def read(self, values, seconds, millis, seqs, start, n):
            return n

    hal = SimpleNamespace(
        clock=Clock(), kept=blank(board, room=3), line=SimpleNamespace(talks=lambda: talk[0]), counts=[0] * 23,
        state=SimpleNamespace(safe=0, write_at=0, test_at=0),
    )  # fmt: skip
    hal.kept.set_due(START_MS + 40_000)
    gate = SimpleNamespace(
        ring=SimpleNamespace(n_channels=1, need=lambda: 2, parts=lambda: []), scan=SimpleNamespace(carry=b"", hop=2),
        reference=SimpleNamespace(ready=lambda: 1, array=array("i", [1]), regimes=None), readers=[], windows=0,
        records=0,
    )  # fmt: skip
    source = board.napping.Napping(Polled(), gate, hal, SimpleNamespace(n=0), [], 2048, "", 400)
    room = [0, 0], [0, 0], [0, 0], [0, 0]
    assert source.read(*room, 0, 1) == 1
    assert source.read(*room, 0, 1) == 1
    assert asked == [40_000]
    talk[0] = False
    with pytest.raises(Asleep):
        source.read(*room, 0, 1)
    assert board.retained.recall().due() == START_MS + 60_000
