"""A recording as a picture needs it, and a log from frames."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.device_sim.recorder import NONE, Recorder
from motegate.device_sim.report.series import Downsampler
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.device.layout import MISSING
from motegate.firmware.link.frames import Verdict
from motegate.train.policy.plan import Parent

from tests.firmware import streams

pytestmark = pytest.mark.unit


def paint(stamps, counts, points=50, chunk=37, period=1000):
    downsampler = Downsampler(period, counts.shape[1], points)
    for i in range(0, len(stamps), chunk):
        downsampler.add(stamps[i : i + chunk], counts[i : i + chunk])
    return downsampler.series()


@pytest.mark.property
@given(st.integers(1, 2000), st.integers(2, 200), st.integers(0, 1 << 30))
def test_no_extreme_is_lost_and_points_are_few(n, points, seed):
    rng = np.random.default_rng(seed)
    counts = rng.integers(-3000, 3000, (n, 2)).astype(np.int16)
    counts[rng.random((n, 2)) < 0.1] = MISSING
    stamps = np.cumsum(rng.choice([1000, 1000, 1000, 90_000], n)).astype(np.int64)
    found = paint(stamps, counts, points)
    assert len(found.first_ms) <= points
    assert found.first_ms[0] == stamps[0]
    assert found.last_ms[-1] == stamps[-1]
    assert (found.first_ms[1:] >= found.last_ms[:-1]).all()
    for c in range(2):
        seen = counts[:, c][counts[:, c] != MISSING]
        kept = found.high[:, c] != MISSING
        if len(seen):
            assert found.low[kept, c].min() == seen.min()
            assert found.high[kept, c].max() == seen.max()
        else:
            assert not kept.any()


def test_a_short_recording_is_kept_as_it_is():
    counts = np.arange(40, dtype=np.int16)[:, None]
    found = paint(np.arange(40) * 1000, counts)
    assert found.per_point == 1
    assert (found.low == counts).all()
    assert (found.high == counts).all()


def test_no_point_reaches_across_a_gap():
    stamps = np.concatenate((np.arange(200) * 1000, 10_000_000 + np.arange(200) * 1000))
    found = paint(stamps, np.zeros((400, 1), np.int16))
    assert found.per_point > 1
    assert not ((found.first_ms < 200_000) & (found.last_ms > 200_000)).any()


def test_time_that_goes_backwards_stays_where_it_turned():
    found = paint(np.array([0, 5000, 2000, 6000]), np.zeros((4, 1), np.int16))
    assert list(found.first_ms) == [0, 5000, 5000, 6000]


def test_labels_become_spans_that_chunks_do_not_cut():
    downsampler = Downsampler(1000, 1)
    labels = np.zeros(100, bool)
    labels[30:60] = True
    for i in range(0, 100, 10):
        stamps = np.arange(i, i + 10) * 1000
        downsampler.add(stamps, np.zeros((10, 1), np.int16), {"contextual": labels[i : i + 10]})
    assert downsampler.series().fails == {"contextual": [(30_000, 59_000)]}


def test_frames_become_a_log_and_parents_follow_from_their_children():
    parents = Parent("quality", (), (1,), -1), Parent("intrinsic", (0,), (), 0), Parent("integrity", (0,), (0,), 1)
    plan = replace(streams.plan(), parents=parents)
    recorder = Recorder(plan)
    recorder.verdict(Verdict((0, 0), why="commissioning"))
    recorder.verdict(Verdict((1, 500), (1, 0), (-128, 99), 2))
    recorder.verdict(Verdict((2, 0), (0, 1), (127, -5), 1, why="no_data"))
    log = recorder.close()
    assert list(log.ends_ms) == [EPOCH_S * 1000, EPOCH_S * 1000 + 1500, EPOCH_S * 1000 + 2000]
    assert list(log.actions) == [NONE, 2, 1]
    assert list(log.why) == [1, 0, 2]
    assert list(log.judged) == [False, True, True]
    assert log.scores.tolist()[1:] == [[-128, 99], [127, -5]]
    assert log.parents(plan).tolist()[1:] == [[True, True, False], [False, False, False]]
