"""What a fault meets when it comes into a stream hop by hop is what the device has by then."""

from dataclasses import replace

import numpy as np
import pytest
from motegate.firmware.device.reference.reference import Reference
from motegate.firmware.device.window.measure import Dimensions
from motegate.train import faults, policy
from motegate.train.dataset import dataset, examples, load, split, table_of
from motegate.train.dataset.in_stream import followed
from motegate.train.features import Scaling
from motegate.train.host import engine, ring, scan

from tests.train import synthetic

pytestmark = pytest.mark.unit

BEFORE = 5  # windows: more than hold any of a fault


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dataset.Dataset:
    """Its reference follows fast, so that it is seen."""
    folder = tmp_path_factory.mktemp("stream")
    path = synthetic.policy_file(folder, length=32, hop=8)
    rules = replace(policy.load(path), follow_per_day=500.0)
    return load(rules, [synthetic.recording_file(folder / "loop.csv", n=4000)])


def _run_through(found: dataset.Dataset, row: int, edited: faults.Windows) -> tuple[np.ndarray, np.ndarray]:
    """Values of one window, and the reference before it, of a stream that holds it, judged from some windows before."""
    counts, lateness, flags = (getattr(found.slots, name).copy() for name in ("counts", "lateness", "flags"))
    start = found.slots.windows[found.judged[row]]
    here = slice(start, start + found.plan.length)
    counts[:, here], lateness[here], flags[here] = edited.counts[0], edited.lateness[0], edited.flags[0]
    slots = replace(found.slots, counts=counts, lateness=lateness, flags=flags)
    index = found.judged[row - BEFORE : row + 1]
    held = ring.cut(found.plan, slots, index)
    pairs = engine.pairs(found.references[row], len(found.plan.channels))
    stats = scan.scan(found.plan, *held, slots.carry[index], None, pairs)
    reference, dimensions = Reference(found.plan.for_device(), None, 0), Dimensions(found.plan.for_device())
    array = np.frombuffer(reference.array, np.int32)
    array[:] = found.references[row - BEFORE]
    np.frombuffer(reference.regimes.prototypes, np.int16)[:] = found.prototypes[found.recording[row]]
    for w in range(len(index)):
        before = array.copy()
        line = engine.with_bins(found.plan, stats[[w]], held[0][[w]], before[None])[0]
        dimensions.fill(line, reference)
        reference.follow(line)
    return np.array(dimensions.values), before


@pytest.mark.parametrize("name", ["noise", "offset", "spike", "missing records", "stuck"])
def test_a_fault_meets_the_reference_that_has_followed_its_beginning(found, name):
    rng = np.random.default_rng(0)
    good = found.good(split.TRAIN)
    rows = good[good > 40]
    rows = rows[found.recording[rows - BEFORE] == found.recording[rows]][:: len(good) // 8]  # the same regimes
    kind = next(kind for kind in faults.kinds(found.plan, found.windows(rows)) if kind.name == name)
    edited = faults.inject(found.plan, found.windows(rows), kind, np.full(len(rows), 4.0), rng).windows
    some = followed(found, rows, edited)
    values = found.measure(some)
    moved = 0
    for n, row in enumerate(rows):
        alone = edited.take(np.array([n]))
        expected, reference = _run_through(found, int(row), alone)
        assert np.array_equal(some.references[n], reference)
        assert np.array_equal(values[n], expected)
        moved += not np.array_equal(reference, found.references[row])
    assert moved


def test_windows_as_recorded_meet_the_reference_as_it_was(found):
    rows = found.good(split.TRAIN)[:50]
    some = followed(found, rows, found.windows(rows))
    assert np.array_equal(some.references, found.references[rows])


def test_two_faults_at_once_fail_the_parents_of_both(found):
    made = examples.training_set(found, split.VALIDATION, 0)
    two = made.kind == examples.TWO
    assert two.sum() > 20
    assert (made.cell[two] >= 0).all()
    assert (made.second[two] >= 0).all()
    assert (made.second[~two] == -1).all()
    homes = [found.plan.cells[cell].dimension for cell in made.cell[two]]
    others = [found.plan.cells[cell].dimension for cell in made.second[two]]
    assert all(home != other for home, other in zip(homes, others, strict=True))
    for parent in found.plan.classifiers:
        table = _table(found, parent.name, made)
        mine = faults.fails(found.plan, parent, made.cell) | faults.fails(found.plan, parent, made.second)
        assert (table.kind == examples.TWO).sum() == (mine & two).sum()


def _table(found, name, made):
    columns = tuple(found.policy.columns[j] for j in found.policy.columns_of(name))
    return table_of(found, name, [made], Scaling.default(columns))


def test_several_recordings_are_held_out_whole(tmp_path):
    path = synthetic.policy_file(tmp_path, length=32, hop=8)
    files = [synthetic.recording_file(tmp_path / f"{k}.csv", n=1500, seed=k) for k in range(4)]
    held = load(policy.load(path), files)
    for k in range(4):
        mine = held.split.part[held.recording % 4 == k]
        assert len(set(mine.tolist())) == 1
    assert set(held.split.part.tolist()) == {split.TRAIN, split.VALIDATION, split.TEST}
