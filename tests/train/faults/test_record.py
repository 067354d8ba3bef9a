"""Faults of records: laid into slots as the device's ring would have laid them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motegate.firmware.device import layout
from motegate.train.faults import record as record_
from motegate.train.faults.record import Clock, lay, records
from motegate.train.host import ring
from motegate.train.recording.records import Records

from tests.firmware import streams

pytestmark = pytest.mark.property

CHANGES = [
    record_.drop, record_.skip, record_.repeat, record_.disorder, record_.jitter,
]  # fmt: skip


def slots_of(period: int, steps: list[int], counts: list[int], seqs: list[int], length: int):
    """What the ring makes of records, as expand has it (equal to the device's bit for bit)."""
    t = np.cumsum([0, *steps[1:]]).astype(np.int64) + 10_000_000_000
    plan = streams.plan(length, length, 1, period)
    made = Records(
        np.array(counts, np.int16)[:, None],
        (t // 1000).astype(np.int32),
        (t % 1000).astype(np.int16),
        np.array(seqs, np.int32),
        np.zeros((len(t), 0), np.int32),
        {},
    )
    return ring.expand(plan, made)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(CHANGES),
    st.sampled_from([20, 1000, 30_000, 900_000]),
    st.booleans(),
    st.floats(0.05, 20),
    st.integers(0, 2**32 - 1),
)
def test_edited_records_lie_in_the_slots_that_the_ring_gives_them(change, period, numbered, size, seed):
    rng = np.random.default_rng(seed)
    length = 32
    late = np.where(rng.random(length) < 0.3, rng.integers(-9000, 9000, length), 0).astype(np.int16)
    late[0] = 0
    clock = Clock(period, numbered)
    found = records(clock, late, np.zeros(length, np.int16))
    edited = change(clock, found, size if change is not record_.jitter else min(size, 1.0), rng)
    source, lateness, flags = lay(clock, edited, late, np.zeros(length, np.int16))

    base = np.arange(length) + 1  # every record has counts of its own, so only a repeat repeats
    slots = slots_of(
        period,
        [record.dt for record in edited],
        [int(base[record.slot]) for record in edited],
        [record.seq if numbered else -1 for record in edited],
        length,
    )
    n = min(length, len(slots.row))
    laid = np.where(np.array(source) >= 0, base[np.maximum(source, 0)], layout.MISSING)
    np.testing.assert_array_equal(laid[:n], slots.counts[0][:n])
    np.testing.assert_array_equal(lateness[:n], slots.lateness[:n])
    np.testing.assert_array_equal(flags[:n], slots.flags[:n])


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([20, 1000, 30_000, 900_000]), st.integers(-32767, 32766))
def test_a_step_is_recovered_from_its_lateness(period, late):
    clock = Clock(period, False)
    # the lateness of a real step, since not every Q15 is one of whole milliseconds
    real = clock.lateness(period + late * period // 40_000)
    assert clock.lateness(clock.elapsed(real, 0, 0)) == real


def test_unedited_records_are_laid_as_they_lay():
    rng = np.random.default_rng(0)
    flags = np.zeros(40, np.int16)
    flags[[7, 8, 20]] = layout.ABSENT
    flags[30] = layout.DUPLICATE
    late = rng.integers(-300, 300, 40).astype(np.int16)
    late[[7, 8, 20]], late[[9, 21]], late[30] = 0, 32767, -32768
    clock = Clock(1000, False)
    source, lateness, laid = lay(clock, records(clock, late, flags), late, flags)
    assert laid == flags.tolist()
    assert [s for s in source if s >= 0] == np.flatnonzero(flags != layout.ABSENT).tolist()
    assert np.abs(np.array(lateness) - late).max() <= 33  # a millisecond of the period is 33 in Q15
