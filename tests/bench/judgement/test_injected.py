"""Faults in a stream are the injected windows, and what the device makes of the rest follows from the slots."""

from collections import deque
from dataclasses import replace

import numpy as np
import pytest
from motegate.firmware.device import layout
from motegate.train import policy, recording
from motegate.train.host import Trained, engine, ring, scan

from tests.train import synthetic

from . import injected
from .stream import part, stream

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A synthetic loop, all behind its commissioning, with two gaps in it; nothing is trained."""
    folder = tmp_path_factory.mktemp("stream")
    rules = policy.load(synthetic.policy_file(folder, length=32, hop=8))
    records = recording.read(rules, [synthetic.recording_file(folder / "loop.csv", n=6000)])
    records.seconds[3000:] += 20
    records.seconds[4500:] += 5000
    records.counts[2000:2060, 0] = 7
    plan = policy.compile_policy(rules)
    return stream(Trained(plan, {}, engine.Engine(plan, None, 0).reference), records, test_part=False)


def test_a_stream_in_two_parts_is_the_stream_in_one(found):
    run = engine.Engine(found.plan, None, found.begin - 1).run(found.slots, found.stats)
    assert np.array_equal(run.values[found.begin :], found.values)
    assert np.array_equal(run.references[found.begin :], found.references)


def test_carry_is_the_rings_own(found):
    assert (found.slots.carry[:, :, layout.CARRY_RUN] > 1).any()
    assert np.array_equal(injected.carry(found.plan, found.slots), found.slots.carry)


def test_a_fault_in_the_stream_is_the_injected_window(found):
    rng = np.random.default_rng(1)
    wishes = injected.deal(injected.kinds(found), (1.0, 4.0), 3, rng)
    kinds = {wish.kind.name for wish in wishes}
    placed = set()
    while wishes:
        some = injected.put(found, wishes, rng)
        placed |= {wish.kind.name for wish in some.placed}
        for row, cell, wish, window in zip(some.rows, some.cells, some.placed, some.windows, strict=True):
            index = np.array([found.begin + row])
            for there, here in zip(ring.cut(found.plan, some.slots, index), _slots(window), strict=True):
                assert np.array_equal(there, here), wish
            channel = found.plan.cells[cell[0]].channel
            if wish.kind.name == "stuck":  # the run that reaches in does so in the stream, too
                assert np.array_equal(some.slots.carry[index, channel], window.carry[:, channel])
            alone = scan.scan(
                found.plan, *_slots(window), some.slots.carry[index], None, found.pairs
            )  # fmt: skip
            assert np.array_equal(alone, some.stats[index])
    drawn_or_bounded = {"jitter", "new regime", "foreign regime"}  # they may fall short
    assert placed >= kinds - drawn_or_bounded


def test_a_run_longer_than_its_window_begins_in_front_of_it(found):
    stuck = next(kind for kind in injected.kinds(found) if kind.name == "stuck")
    some = injected.put(found, deque([injected.Wish(stuck, 40.0)] * 3), np.random.default_rng(0))
    run, window = some.slots.carry[found.begin + some.rows[0]], some.windows[0]
    channel = found.plan.cells[some.cells[0, 0]].channel
    assert run[channel, layout.CARRY_RUN] == window.carry[0, channel, layout.CARRY_RUN] > found.plan.length


def test_statistics_behind_faults_are_those_of_the_slots(found):
    rng = np.random.default_rng(2)
    some = injected.put(found, injected.deal(injected.kinds(found), (4.0,), 2, rng), rng)
    index = np.arange(len(found.stats))
    whole = scan.scan(found.plan, *ring.cut(found.plan, some.slots, index), some.slots.carry, None, found.pairs)
    assert np.array_equal(whole, some.stats)


def test_values_of_faults_follow_those_before_them(found):
    rng = np.random.default_rng(3)
    some = injected.put(found, injected.deal(injected.kinds(found), (2.0,), 2, rng), rng)
    machine = engine.Engine(found.plan, found.reference, 0)
    run = machine.run(part(some.slots, found.begin, len(some.stats)), some.stats[found.begin :])
    assert np.array_equal(run.values[some.rows], some.values)
    assert not np.array_equal(run.references[-1], found.references[-1])


def test_two_at_once_are_one_on_top_of_the_other(found):
    rng = np.random.default_rng(6)
    wishes = injected.deal_two(injected.kinds(found), (4.0,), 2, rng)
    some = injected.put(found, wishes, rng)
    assert len(some.rows) > 10
    for cells, wish in zip(some.cells, some.placed, strict=True):
        homes = [found.plan.cells[cell].dimension for cell in cells]
        assert homes == [wish.kind.home, wish.second.home]
        assert homes[0] != homes[1]


def test_faults_keep_apart_and_lie_all_over_the_stream(found):
    rng = np.random.default_rng(4)
    noise = next(kind for kind in injected.kinds(found) if kind.name == "noise")
    rows = injected.put(found, deque([injected.Wish(noise, 2.0)] * 20), rng).rows
    assert np.diff(rows).min() >= injected.APART * found.plan.length // found.plan.hop
    assert rows[0] < len(found) / 4
    assert rows[-1] > len(found) * 3 / 4


def test_no_fault_lies_in_a_window_that_is_not_clean(found):
    rng = np.random.default_rng(5)
    clean = np.arange(len(found)) % 5 == 0
    half = replace(found, clean=clean)
    some = injected.put(half, injected.deal(injected.kinds(half), (2.0,), 2, rng), rng)
    assert len(some.rows)
    assert clean[some.rows].all()


def _slots(window):
    return window.counts, window.lateness, window.flags
