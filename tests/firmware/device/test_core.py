"""Ring, scan, values and reference: three ways to the same bits, on streams from quiet to hostile."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motegate.convert.bundle.modules import device_tree
from motegate.firmware import vm
from motegate.firmware.device import layout
from motegate.firmware.device.boot.reference import dump
from motegate.firmware.device.reference.reference import Reference
from motegate.train.host import engine, ring, scan
from motegate.train.policy.plan import Plan

from .. import streams, trace


def paired(plan: Plan, gains: list[int]) -> bytes:
    """A reference in which each channel has the next one as its partner."""
    reference = Reference(plan.for_device(), None, 0)
    n = len(plan.channels)
    for c in range(n):
        b = layout.REF_HEAD + c * layout.REF_STRIDE
        reference.array[b + layout.PAIR] = (c + 1) % n if n > 1 else -1
        reference.array[b + layout.GAIN] = gains[c]
    return dump(reference)


def device(plan, records, block, commission, reference) -> tuple[list[np.ndarray], int]:
    """The device's code on CPython: statistics, measures, values and references of each window; records missed."""
    out = []
    trace.trace(plan.for_device(), streams.columns_of(records), out.append, block, commission, reference)
    missed = int(np.frombuffer(out.pop(), np.int32)[0])
    kinds = (np.int32, np.int32, np.int16, np.int32, np.int16)
    return [np.array([np.frombuffer(x, t) for x in out[k::5]]) for k, t in enumerate(kinds)], missed


def without_bins(plan, stats):
    stats = stats.copy()
    for c in range(len(plan.channels)):
        at = layout.HEAD + c * layout.STRIDE + layout.BINS
        stats[:, at : at + layout.BIN_COUNT] = 0
    return stats


def without_regime(stats):
    """The regime's distance is no scan's."""
    stats[:, layout.REGIME_AWAY] = 0
    return stats


plans = st.builds(
    lambda length, hop, channels, period, windows, step, every, reads: replace(
        streams.plan(length, 1 + hop % length, channels, period, windows, step, every), reads=reads
    ),
    st.sampled_from([8, 13, 16, 33, 64]),
    st.integers(0, 63),
    st.integers(1, 3),
    st.sampled_from([1, 7, 1000, 33_333, 900_000, 86_400_000]),
    st.sampled_from([0, 1, 4, 15, 124]),
    st.sampled_from([0, 5000, 200_000, 1 << 26]),
    st.integers(1, 3),
    st.sampled_from([layout.READ_ALL, *range(layout.READ_ALL)]),
)


@pytest.mark.property
@settings(max_examples=60, deadline=None)
@given(plans, st.integers(0, 2**31), st.integers(1, 40), st.lists(st.integers(-32767, 32767), min_size=3, max_size=3))
def test_the_numpy_form_equals_the_device_code_on_hostile_streams(plan, seed, block, gains):
    records = streams.hostile(seed, 400 + 8 * plan.reference.windows, plan)
    reference = paired(plan, gains)
    commission = plan.reference.windows
    (stats, measures, values, references, prototypes), missed = device(plan, records, block, commission, reference)
    maker = engine.Engine(plan, reference, commission)
    slots, mine = scan.measure(plan, records, maker.pairs)
    assert slots.missed == missed
    assert len(mine) == len(stats)
    if not len(mine) or len(mine) <= commission:
        return
    assert (mine == without_regime(without_bins(plan, stats))).all()
    run = maker.run(slots, mine)
    assert (run.measures == measures).all()
    assert (run.values == values).all()
    assert (run.references[1:] == references[:-1]).all()
    assert (run.prototypes == prototypes[-1]).all()
    before = np.concatenate([np.zeros_like(prototypes[:1]), prototypes[:-1]])
    counts = ring.cut(plan, slots, np.arange(len(mine)))[0]
    again = engine.values_against(plan, mine, counts, run.references, before)
    assert (again == values).all()


@pytest.mark.device
@pytest.mark.property
def test_the_vm_equals_the_device_code_on_cpython_on_hostile_streams(tmp_path):
    r = np.random.default_rng(11)
    jobs = []
    for seed in range(24):
        length = int(r.choice([8, 13, 16, 64, 100]))
        hop, channels = int(r.integers(1, length + 1)), int(r.integers(1, 4))
        period = int(r.choice([7, 1000, 33_333, 900_000, 86_400_000]))
        plan = streams.plan(
            length, hop, channels, period, int(r.choice([0, 3, 10, 130])), int(r.choice([0, 5000, 1 << 24]))
        )
        if seed % 2:
            plan = replace(plan, reads=int(r.integers(layout.READ_ALL)))
        records = streams.hostile(seed, 600 + 8 * plan.reference.windows, plan)
        reference = paired(plan, r.integers(-32767, 32768, 3).tolist())
        job = tmp_path / f"{seed}.json"
        job.write_text(streams.job(plan, records, int(r.integers(1, 40)), plan.reference.windows, reference))
        jobs.append((job, plan))
    done = vm.run(Path(trace.__file__), [job for job, _ in jobs], heap="8M", path=[device_tree()])
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    windows_seen = 0
    for job, _ in jobs:
        out = []
        plan, data, block, commission, reference = trace.load(job)
        trace.trace(plan, data, out.append, block, commission, reference)
        windows_seen += len(out) // 5
        assert Path(f"{job}.out").read_bytes() == b"".join(out)
    assert windows_seen > 500


@pytest.mark.unit
def test_the_ring_puts_absent_slots_for_a_gap_and_starts_afresh_after_a_long_one():
    plan = streams.plan(8, 8, 1)
    dt = np.full(30, 1000)
    dt[3] = 4000  # three records missing
    dt[20] = 100_000  # far more than a window
    seconds, millis = streams.times(dt)
    records = streams.Records(
        np.arange(30, dtype=np.int16)[:, None], seconds, millis, np.full(30, -1, np.int32), np.zeros((30, 5), np.int32)
    )
    slots, stats = scan.measure(plan, records)
    assert stats[:, layout.ABSENTS].tolist() == [3, 0, 1, 0]
    assert slots.row[:8].tolist() == [0, 1, 2, -1, -1, -1, 3, 4]
    assert slots.missed == 99 - 1
    assert slots.row[slots.windows[3]] == 20


@pytest.mark.unit
def test_a_run_counts_from_where_it_began_across_windows():
    plan = streams.plan(16, 8, 1)
    n = 64
    seconds, millis = streams.times(np.full(n, 1000))
    x = np.arange(n)
    x[10:50] = 7
    records = streams.Records(
        x[:, None].astype(np.int16), seconds, millis, np.full(n, -1, np.int32), np.zeros((n, 5), np.int32)
    )
    _, stats = scan.measure(plan, records)
    # windows end at slots 15, 23, 31, 39, 47, 55, 63
    assert stats[:, layout.HEAD + layout.RUN].tolist() == [6, 14, 22, 30, 38, 10, 2]
