"""Sensors: scaling in integers against exact fractions, drivers that never raise, the replay's records."""

import io
from array import array
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from motegate.convert.bundle.sensors import scaling
from motegate.firmware.device.sensors.adc import Adc
from motegate.firmware.device.sensors.i2c import I2c
from motegate.firmware.device.sensors.polled import Polled
from motegate.firmware.device.sensors.replay import Replay
from motegate.firmware.device.sensors.scaling import count
from motegate.firmware.errors import InputError

from .. import handmade


class Converter:
    def __init__(self, raw):
        self.raw = raw

    def read_u16(self):
        return self.raw


class Bus:
    """An I2C bus with one device; ``raw`` None: it does not answer."""

    def __init__(self, raw):
        self.raw, self.written = raw, []

    def readfrom_mem_into(self, address, register, buf):
        if self.raw is None:
            raise OSError(5)
        buf[:] = self.raw

    def writeto_mem(self, address, register, data):
        if self.raw is None:
            raise OSError(5)
        self.written.append((address, register, bytes(data)))


def exact(raw: int, step: Fraction, offset: Fraction) -> int:
    return max(-32767, min(32767, (step * raw + offset + Fraction(1, 2)).__floor__()))


@pytest.mark.property
@given(
    span=st.floats(0.5, 60000),
    bits=st.sampled_from([8, 16, 20]),
    offset=st.floats(-60000, 60000),
    raws=st.lists(st.floats(0, 1), min_size=1, max_size=20),
)
def test_a_count_is_within_one_of_exact_arithmetic_and_every_step_within_30_bits(span, bits, offset, raws):
    step, shift = Fraction(span) / 2**bits, Fraction(offset)
    high, low, split, right, bias = scaling(step, shift, bits)
    for share in raws:
        raw = round(share * (2**bits - 1))
        assert abs(count(raw, high, low, split, right, bias) - exact(raw, step, shift)) <= 1
        assert max(abs(raw * high), abs(raw * low), abs(bias)) < 2**30
        assert abs(raw * high + (raw * low >> split) + bias) < 2**30


@pytest.mark.unit
def test_an_adc_over_its_whole_range_is_as_exact_as_the_policys_own_counts():
    step, offset = Fraction(0.00015259) / Fraction(0.001), Fraction(-5) / Fraction(0.001)
    numbers = scaling(step, offset, 16)
    wrong = [raw for raw in range(65536) if Adc(Converter(raw), *numbers).count() != exact(raw, step, offset)]
    assert len(wrong) < 40  # one raw step beside the edge between two counts


@pytest.mark.unit
def test_scaling_beyond_32_bits_is_refused():
    with pytest.raises(InputError, match="beyond 32 bits"):
        scaling(1e6, 0, 16)


@pytest.mark.property
@given(st.binary(min_size=1, max_size=4), st.booleans(), st.booleans())
def test_an_i2c_register_is_read_as_python_reads_its_bytes(data, signed, big):
    drop = max(0, 8 * len(data) - 20)
    raw = int.from_bytes(data, "big" if big else "little", signed=signed) >> drop
    assume(abs(raw) < 2**20)
    numbers = scaling(Fraction(1, 16), 0, 20)
    device = I2c(Bus(data), 0x48, 0, len(data), signed, big, [], *numbers)
    assert device.count() == exact(raw, Fraction(1, 16), Fraction(0))


@pytest.mark.unit
def test_an_i2c_device_that_does_not_answer_is_missing_and_set_up_again():
    bus = Bus(b"\x00\x10")
    device = I2c(bus, 0x48, 3, 2, False, True, [[1, 0x60], [2, 7]], *scaling(1, 0, 16))
    assert device.count() == 16
    bus.raw = None
    assert [device.count(), device.count()] == [-32768, -32768]
    bus.raw = b"\x00\x11"
    assert device.count() == 17
    assert bus.written == [(0x48, 1, b"\x60"), (0x48, 2, b"\x07")] * 2


@pytest.mark.unit
def test_polled_reads_a_record_a_tick_and_at_most_eight_a_call():
    class Hal:
        class clock:  # noqa: N801
            waits = 0
            every = staticmethod(lambda period: None)

            @classmethod
            def tick(cls, seconds, millis, i):
                cls.waits += 1
                seconds[i], millis[i] = 40, 7

        def status(self, names, out):
            out[:] = array("i", [len(name) for name in names])

    hal = Hal()
    numbers = scaling(1, 0, 16)
    source = Polled([Adc(Converter(5), *numbers), Adc(Converter(9), *numbers)], hal, 500, ["ab"])
    values, seconds, millis = array("h", [0] * 24), array("i", [0] * 12), array("h", [0] * 12)
    seqs = array("i", [9] * 12)
    assert source.read(values, seconds, millis, seqs, 1, 2) == 2
    assert (list(values[:8]), seconds[1], millis[1]) == ([0, 0, 5, 9, 5, 9, 0, 0], 40, 7)
    assert list(seqs[:4]) == [9, -1, -1, 9]
    assert hal.clock.waits == 2
    assert source.read(values, seconds, millis, seqs, 2, 9) == 8
    assert hal.clock.waits == 10
    out = array("i", [0])
    source.status(out, 0)
    assert list(out) == [2]


@pytest.mark.property
@given(
    channels=st.integers(1, 5),
    n=st.integers(1, 400),
    takes=st.lists(st.integers(1, 130), min_size=1, max_size=9),
    seed=st.integers(0, 9),
)
def test_a_replay_gives_every_record_once_whatever_is_asked_for(channels, n, takes, seed):
    records = handmade.hostile(np.random.default_rng(seed), n, channels)
    source = Replay(io.BytesIO(handmade.replay(records)), channels, 1)
    values, seconds = array("h", [0] * channels * n), array("i", [0] * n)
    millis, seqs, status = array("h", [0] * n), array("i", [0] * n), array("i", [0])
    at = k = 0
    while (got := source.read(values, seconds, millis, seqs, at, min(takes[k % len(takes)], n - at) or 1)) > 0:
        for newest in range(got):
            source.status(status, newest)
            assert status[0] == records.status[at + newest, 0]
        source.status(status, -1)
        assert status[0] == (records.status[at - 1, 0] if at else -(1 << 30))
        at += got
        k += 1
    assert (got, at) == (-1, n)
    assert np.array_equal(np.array(values).reshape(n, channels), records.counts)
    assert np.array_equal(seconds, records.seconds)
    assert np.array_equal(millis, records.millis)
    assert np.array_equal(seqs, records.seqs)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "not a replay"), (b"MGR2" + bytes(12), "not a replay"), (b"MGR1\2\0\0\0" + bytes(8), "2 channels and 0"),
     (b"MGR1\1\0\0\0\2\0\0\0" + bytes(20), "its end is missing")],
)  # fmt: skip
def test_a_file_that_is_no_replay_of_the_plan_is_one_clear_error(data, says):
    with pytest.raises(ValueError, match=says):
        Replay(io.BytesIO(data), 1, 0)


def test_a_switched_supply_is_on_before_a_record_and_off_behind_it(monkeypatch):
    from motegate.firmware.device import clock as clock_file

    log, now = [], [0]

    class Supply:
        warm_up_ms = 30

        def on(self):
            log.append(("on", now[0]))

        def off(self):
            log.append(("off", now[0]))

    class Reader:
        def count(self):
            log.append(("read", now[0]))
            return 7

    def sleep_ms(ms):
        now[0] += ms

    monkeypatch.setattr(clock_file, "ticks_ms", lambda: now[0])
    monkeypatch.setattr(clock_file, "sleep_ms", sleep_ms)
    hal = type("Hal", (), {"clock": clock_file.Clock()})()
    polled = Polled([Reader()], hal, 100, supply=Supply())
    values, seconds, millis, seqs = array("h", [0] * 2), array("i", [0] * 2), array("h", [0] * 2), array("i", [0] * 2)
    assert polled.read(values, seconds, millis, seqs, 0, 2) == 2
    assert log == [("on", 0), ("read", 30), ("off", 30), ("on", 70), ("read", 100), ("off", 100)]
    assert list(values) == [7, 7]
