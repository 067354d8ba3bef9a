"""Faults: each moves its home dimension by as many times its limit as asked, and fails the parents that hold it."""

from array import array
from dataclasses import replace

import numpy as np
import pytest
from motegate.firmware.device import layout as at
from motegate.firmware.device.kernels.plain.value import values as values_of
from motegate.firmware.device.reference.reference import Reference
from motegate.firmware.device.window.measure import Dimensions
from motegate.train import faults, policy
from motegate.train.catalogue.dimension import built_in
from motegate.train.dataset import dataset
from motegate.train.faults.severity_scale import SeverityScale
from motegate.train.host import engine, scan
from motegate.train.recording.records import Records

from ..synthetic import policy_file, recording_file

pytestmark = pytest.mark.unit

ROUGH = {  # how far 256 log2(1 + measure / limit) may lie from that of the severity: the window's own signal adds to it
    "noise": 90, "surge": 120, "spike": 140, "step": 150, "burst": 120, "rounding": 200, "foreign regime": 500,
    "decoupled": 120, "peak": 60, "attenuation": 20,
}  # fmt: skip


@pytest.fixture(scope="module")
def stream(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stream")
    rules = policy.load(policy_file(folder, length=64, hop=32, status=True))
    return dataset.load(rules, [recording_file(folder / "a.csv", 9000, status=True, seq=True)])


def kinds(stream):
    return {kind.name: kind for kind in faults.kinds(stream.plan, stream.windows(np.arange(1)))}


def home_values(stream, kind, severity, seed=0):
    good = stream.windows(np.random.default_rng(seed).choice(stream.good(0), len(severity)))
    faulty = faults.inject(stream.plan, good, kind, severity, np.random.default_rng(seed + 1))
    column = next(j for j, column in enumerate(stream.plan.columns) if column.name == kind.home)
    return faulty, stream.measure(faulty.windows)[:, column]


def measured(stream, faulty):
    """The measure of each window's home, in multiples of its limit, by the device's own code."""
    plan, windows = stream.plan, faulty.windows
    reference = Reference(plan.for_device(), None, 0)
    gains = engine.pairs(windows.references[0], len(plan.channels))
    stats = scan.scan(
        plan, windows.counts, windows.lateness, windows.flags, windows.carry, windows.status, gains
    )  # fmt: skip
    stats = engine.with_bins(plan, stats, windows.counts, windows.references)
    dimensions = Dimensions(plan.for_device())
    found = np.zeros(len(windows))
    for w, cell in enumerate(faulty.cell):
        np.frombuffer(reference.array, np.int32)[:] = windows.references[w]
        np.frombuffer(reference.regimes.prototypes, np.int16)[:] = windows.prototypes[w]
        dimensions.fill(array("i", stats[w].tolist()), reference)
        found[w] = dimensions.measures[cell]
    limit = SeverityScale(plan, windows.references).limit(faulty.cell)
    ones = np.array([built_in()[plan.cells[cell].dimension].one for cell in faulty.cell])
    return found / ones / limit


NAMES = [kind.name for kind in faults.all_kinds()]


def test_every_built_in_dimension_has_a_fault_that_moves_it():
    assert set(built_in()) <= {kind.home for kind in faults.all_kinds()}


@pytest.mark.parametrize("name", NAMES)
def test_each_kind_moves_its_home_over_ten_values_and_upwards(stream, name):
    severity = np.repeat(np.geomspace(0.5, 32, 24), 4)
    faulty, values = home_values(stream, kinds(stream)[name], severity)
    assert len(np.unique(values)) >= 10
    low, high = faulty.severity <= 1.5, faulty.severity >= min(8, np.quantile(faulty.severity, 0.8))
    assert np.median(values[high]) > np.median(values[low]) + 128


@pytest.mark.parametrize("name", NAMES)
def test_the_size_of_a_fault_is_its_severity_in_multiples_of_its_homes_limit(stream, name):
    faulty, _ = home_values(stream, kinds(stream)[name], np.full(60, 4.0))
    shown = faulty.severity >= 3.0
    assert shown.any() or name in ("rounding", "burst")
    off = np.log2(1 + measured(stream, faulty)) - np.log2(1 + faulty.severity)
    assert abs(np.median(256 * off)) <= ROUGH.get(name, 12)


def test_the_same_seed_makes_the_same_faults(stream):
    for kind in kinds(stream).values():
        (one, _), (two, _) = (home_values(stream, kind, np.geomspace(1, 9, 8)) for _ in range(2))
        for field in ("counts", "lateness", "flags", "status", "references"):
            np.testing.assert_array_equal(getattr(one.windows, field), getattr(two.windows, field))


def test_a_fault_leaves_the_windows_it_was_made_from_alone(stream):
    good = stream.windows(stream.good(0)[:20])
    before = replace(good, counts=good.counts.copy(), references=good.references.copy(), flags=good.flags.copy())
    for kind in kinds(stream).values():
        faults.inject(stream.plan, good, kind, np.full(20, 5.0), np.random.default_rng(0))
    for field in ("counts", "flags", "references"):
        np.testing.assert_array_equal(getattr(good, field), getattr(before, field))


def test_a_fault_fails_the_parents_that_hold_its_home_directly(stream):
    by_name = {parent.name: parent for parent in stream.plan.parents}
    faulty, _ = home_values(stream, kinds(stream)["offset"], np.full(5, 4.0))
    failing = {name: bool(faults.fails(stream.plan, parent, faulty.cell).all()) for name, parent in by_name.items()}
    assert failing == {"intrinsic": False, "contextual": True, "data_quality": False, "data_integrity": False}


def test_sequence_gaps_need_sequence_numbers(stream):
    windows_without = replace(stream.windows(np.arange(1)), numbered=False)
    assert "sequence gaps" in kinds(stream)
    assert "sequence gaps" not in [kind.name for kind in faults.kinds(stream.plan, windows_without)]


def test_what_a_window_cannot_hold_is_said(stream):
    faulty, _ = home_values(stream, kinds(stream)["missing cells"], np.full(10, 500.0))
    assert (faulty.severity < 64).all()


@pytest.mark.parametrize("name", ["missing cells", "spike", "stuck", "noise", "step", "offset", "clipping", "rounding"])
def test_faults_in_slots_are_what_scanning_faulty_records_gives(stream, name):
    """Edited windows, written out as records one after the other and measured as a recording, are the same."""
    good = stream.windows(stream.good(0)[:30])
    severity = np.geomspace(1, 12, 30)
    faulty = faults.inject(stream.plan, good, kinds(stream)[name], severity, np.random.default_rng(3)).windows
    n, channels, length = faulty.counts.shape
    plan = replace(stream.plan, hop=length)
    records = Records(
        faulty.counts.transpose(0, 2, 1).reshape(n * length, channels),
        np.arange(n * length, dtype=np.int32),
        np.zeros(n * length, np.int16),
        np.full(n * length, -1, np.int32),
        np.repeat(faulty.status, length, axis=0),
        {},
    )
    slots, measured = scan.measure(plan, records)
    even = np.zeros((n, length), np.int16)
    edited = scan.scan(plan, faulty.counts, even, even, slots.carry, faulty.status)
    np.testing.assert_array_equal(measured, edited)


def test_a_fault_at_home_at_the_limit_of_the_severity_scale_has_the_value_256(stream):
    """The scale reads the limit that the device calibrates by: of each cell, in a column of its own."""
    plan = stream.plan
    n = len(plan.cells)
    limits = SeverityScale(plan, np.repeat(stream.references[:1], n, axis=0)).limit(np.arange(n))
    reference = Reference(plan.for_device(), None, 0)
    np.frombuffer(reference.array, np.int32)[:] = stream.references[0]
    cells = reference.cells[: n * at.CELL_STRIDE] + array("h", [at.FIXED, 0] * n)
    ones = [built_in()[cell.dimension].one for cell in plan.cells]
    measures = array("i", [max(1, round(limit * one)) for limit, one in zip(limits, ones, strict=True)])
    logs, columns = array("i", bytes(8 * n)), array("h", bytes(2 * n))
    alone = array("h", range(n + 1))
    none = array("h", bytes(2 * n))
    values_of(
        reference.array, reference.limits, cells, reference.floors, measures, logs, alone, alone, none, columns, n
    )
    # a measure is whole: one of few units, as a slot is, lies up to half a unit off
    assert np.abs(np.array(columns) - at.RARITY_DECADE).max() <= 3


def test_a_new_regime_is_as_many_radii_away_as_asked(stream):
    asked = np.geomspace(1, 8, 40)
    faulty, _ = home_values(stream, kinds(stream)["new regime"], asked)
    found = measured(stream, faulty)
    assert (faulty.severity <= asked * 1.001).all()
    reached = faulty.severity >= 0.99 * asked
    assert reached.mean() > 0.8  # a channel's range does not leave room for all of them
    np.testing.assert_array_less(0.99 * asked[reached], found[reached])
    # the weakest change that does it: what a halving of the way leaves over is small
    assert np.median(found[reached] / asked[reached]) < 1.1


def test_a_new_regime_never_leaves_the_physical_range(stream):
    faulty, _ = home_values(stream, kinds(stream)["new regime"], np.full(30, 500.0))
    assert (faulty.severity < 500).all()
    for c, channel in enumerate(stream.plan.channels):
        counts = faulty.windows.counts[:, c]
        there = counts[counts != at.MISSING]
        assert channel.range[0] <= there.min() <= there.max() <= channel.range[1]
