"""The field's judges see what they should, and a comparison is of the same faults."""

import numpy as np
import pytest
from motegate.firmware.device.layout import ABSENT, MISSING
from motegate.train import policy
from motegate.train.dataset import TRAIN, load

from tests.train import synthetic

from . import qartod
from .judge import Batch
from .quality import Found

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quality")
    rules = policy.load(synthetic.policy_file(folder, length=32, hop=8))
    return load(rules, [synthetic.recording_file(folder / "loop.csv", n=4000)])


def batch(dataset, change) -> Batch:
    """Ten good windows, changed by ``change(counts)``."""
    some = dataset.windows(dataset.good(TRAIN)[:10])
    counts = some.counts.copy()
    change(counts)
    return Batch(np.zeros((10, 1), np.int16), np.zeros(10, bool), counts, some.lateness, some.flags)


def _spike(counts):
    counts[:, 0, 16] += 3000


def _stuck(counts):
    counts[:, 0] = counts[:, 0, :1]


def _missing(counts):
    counts[:, 0, 4:20] = MISSING


@pytest.mark.parametrize("change", [_spike, _stuck, _missing])
def test_qartod_flags_a_window_louder_with_a_fault_than_without(found, change):
    judge = qartod.judge(found, found.policy)
    calm, loud = judge.score(batch(found, lambda counts: None)), judge.score(batch(found, change))
    assert (loud >= calm).all()
    assert loud.min() > np.median(calm)


def test_qartod_s_worst_channel_speaks(found):
    judge = qartod.judge(found, found.policy)

    def second(counts):
        counts[3, 1, 10] -= 4000

    calm, loud = judge.score(batch(found, lambda counts: None)), judge.score(batch(found, second))
    assert loud[3] > calm[3]
    assert (np.delete(loud, 3) == np.delete(calm, 3)).all()


def test_samples_that_never_came_are_no_number(found):
    some = found.windows(found.good(TRAIN)[:2])
    counts = some.counts.copy()
    counts[0, 1, 5] = MISSING
    x = qartod.samples(counts, 1)
    assert np.isnan(x[0, 5])
    assert np.isnan(x).sum() == 1 + ((some.flags & ABSENT) > 0).sum()


def test_more_is_the_mean_over_kinds_and_severities_of_the_same_single_faults():
    n = 80
    kind = np.repeat(["a", "b"], n // 2)
    severity = np.tile([1.0, 2.0], n // 2)
    two = np.zeros(n, bool)
    one = kind == "a"
    other = np.zeros(n, bool)
    two[0], other[0] = True, True
    made = Found(np.full(n, "p"), kind, two, severity, {"one": one, "other": other}, {}, {}, {}, {"p": "rule"})
    assert made.more("one", "other", "p")[0] == pytest.approx(0.5)
    assert made.recall("one", 1.0, False)[0] == pytest.approx(0.5)
    assert made.recall("other", 1.0, True)[0] == 1.0
