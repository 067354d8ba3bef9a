"""Windows at the boundaries: what they are, and that they are measured as the device would."""

import numpy as np
import pytest
from motegate.firmware.device.layout import MISSING
from motegate.train import policy
from motegate.train.dataset import boundary, dataset, load

from tests.train import synthetic

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def loaded(tmp_path_factory) -> dataset.Dataset:
    folder = tmp_path_factory.mktemp("stream")
    return load(policy.load(synthetic.policy_file(folder)), [synthetic.recording_file(folder / "a.csv", n=4000)])


@pytest.fixture(scope="module")
def found(loaded) -> boundary.Boundary:
    return boundary.boundary(loaded, 0)


def value(loaded, found, name: str, column: str) -> int:
    (row,) = np.flatnonzero(found.names == name)
    return int(found.values[row, [c.name for c in loaded.plan.columns].index(column)])


def test_ordinary_windows_come_first_and_no_good_window_is_calmer(loaded, found):
    first = found.values[: boundary.ORDINARY].max(axis=1)
    against = boundary.against(
        loaded.plan, loaded.reference, *(getattr(loaded.windows(loaded.good(0)), name) for name in boundary.KEPT)
    )
    assert np.median(boundary.measure(loaded.plan, against).max(axis=1)) > first.max()
    assert [str(name) for name in found.names[:2]] == ["ordinary window 1", "ordinary window 2"]


def test_a_sample_outside_of_its_range_shows_and_one_at_its_end_does_not(loaded, found):
    for end in ("low", "high"):
        at = [
            value(loaded, found, f"pressure: a sample {where} the {end} end of its range", "validity")
            for where in ("just inside of", "at", "just outside of")
        ]
        assert at[0] == at[1] < at[2]


def test_the_no_data_rule_is_met_from_both_sides(loaded, found):
    name = "{} missing of every channel"
    (kept,) = np.flatnonzero(found.names == name.format("as many samples as may be"))
    (lost,) = np.flatnonzero(found.names == name.format("one sample too many"))
    assert (found.no_data[kept], found.no_data[lost]) == (False, True)
    valid = (found.windows.counts[[kept, lost]] != MISSING).sum(axis=2)
    assert (valid[0] * 4 == loaded.plan.length).all()
    assert (valid[1] == valid[0] - 1).all()


def test_every_kind_comes_at_each_severity_and_beside_each_of_another_home(loaded, found):
    kinds = set(found.kind[found.kind != ""])
    assert {"spike", "noise", "stuck", "missing cells", "offset", "jitter", "reordering"} <= kinds
    for kind in kinds:
        assert set(found.severity[found.kind == kind]) == set(boundary.SEVERITIES)
    pairs = [name for name in map(str, found.names) if " x limit each" in name]
    assert len(pairs) > 100
    assert not any("spike and spike" in name for name in pairs)


def test_time_out_of_order_shows_in_its_dimensions(loaded, found):
    assert value(loaded, found, "time running backwards", "ordering") > 256
    assert value(loaded, found, "one record repeated all through", "uniqueness") > 256
    assert value(loaded, found, "every record a period late", "timeliness") > 256
    assert value(loaded, found, "ordinary window 1", "ordering") == 0


def test_a_file_of_them_measured_anew_gives_the_same_values(loaded, found):
    again = boundary.against(loaded.plan, loaded.reference, *(found.arrays()[name] for name in boundary.KEPT))
    assert (boundary.measure(loaded.plan, again) == found.values).all()


def test_another_seed_changes_the_faults_alone(loaded, found):
    other = boundary.boundary(loaded, 1)
    assert (other.names == found.names).all()
    same = (other.windows.counts == found.windows.counts).all(axis=(1, 2))
    assert same[found.severity == 0].all()
    assert not same[found.kind == "spike"].all()
