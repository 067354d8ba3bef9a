"""Faults: each moves its home dimension by as many times its limit as asked, and fails the parents that hold it."""

from dataclasses import replace

import numpy as np
import pytest
from motegate.train import faults, policy
from motegate.train.dataset import dataset
from motegate.train.faults.severity_scale import SeverityScale
from motegate.train.host import scan
from motegate.train.recording.records import Records

from ..synthetic import policy_file, recording_file

pytestmark = pytest.mark.unit

ROUGH = {  # how far a value may lie from 256 log2(1 + severity), at 4 x limit: the window's own signal adds to a fault
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


NAMES = [kind.name for kind in faults.all_kinds()]


def test_every_built_in_dimension_has_a_fault_that_moves_it():
    from motegate.train.catalogue.dimension import built_in

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
    faulty, values = home_values(stream, kinds(stream)[name], np.full(60, 4.0))
    shown = faulty.severity >= 3.0
    assert shown.any() or name in ("rounding", "burst")
    expected = 256 * np.log2(1 + faulty.severity)
    assert abs(np.median(values - expected)) <= ROUGH.get(name, 12)


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


def test_the_severity_scale_reads_the_limit_that_the_device_divides_by(stream):
    cell = np.arange(len(stream.plan.cells))
    references = np.repeat(stream.references[:1], len(cell), axis=0)
    limits = SeverityScale(stream.plan, references).limit(cell)
    offset = stream.plan.homes["offset"][0]
    width = SeverityScale(stream.plan, references).width(np.zeros(len(cell), int))[0]
    assert limits[offset] == pytest.approx(width, rel=1e-3)
    assert (limits > 0).all()
