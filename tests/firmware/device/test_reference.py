"""The reference: what commissioning learns, how far following moves it, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from motegate.firmware.device import layout as at
from motegate.firmware.device.boot.reference import dump
from motegate.firmware.device.reference.reference import Reference
from motegate.train.host import engine, scan
from motegate.train.policy.plan import Parent

from .. import streams

STEP = 200_000  # Q24 widths a window
B = at.REF_HEAD


def stream(x: np.ndarray) -> streams.Records:
    """One channel at 1 Hz."""
    n = len(x)
    seconds, millis = streams.times(np.full(n, 1000))
    return streams.Records(
        x[:, None].astype(np.int16), seconds, millis, np.full(n, -1, np.int32), np.zeros((n, 5), np.int32)
    )


def run(x: np.ndarray, commission: int, step: int = STEP):
    plan = streams.plan(16, 16, 1, windows=commission, step_q24=step)
    slots, stats = scan.measure(plan, stream(x))
    maker = engine.Engine(plan)
    return plan, maker.run(slots, stats)


def band(reference: np.ndarray) -> np.ndarray:
    """lo, hi, commissioned lo and hi in counts."""
    return reference[..., [B + at.LO, B + at.HI, B + at.LO0, B + at.HI0]] / 16384


def noise(n: int, seed: int = 0, sigma: float = 100.0) -> np.ndarray:
    return np.round(np.random.default_rng(seed).normal(500, sigma, n))


@pytest.mark.unit
def test_commissioning_finds_the_quantiles_of_samples_and_measures():
    x = noise(16 * 200 + 16)
    plan, r = run(x, 200)
    lo, hi = band(r.references[200])[2:]
    assert abs(lo - np.quantile(x, 0.01)) < 25
    assert abs(hi - np.quantile(x, 0.99)) < 25
    limits = 2.0 ** (r.references[200, B + at.REF_STRIDE :] / (1 << 24))
    for name in ("spike", "noise", "step", "crest"):
        k = plan.homes[name][0]
        assert abs(np.log2(limits[k] / np.quantile(r.measures[:200, k], 0.99))) < 0.1, name
    assert abs(r.references[200, B + at.VARIATION] / 16 - np.abs(np.diff(x)).mean()) < 8


@pytest.mark.unit
def test_shares_are_those_of_the_samples():
    x = noise(16 * 300 + 16)
    _, r = run(x, 300)
    reference = r.references[300]
    edges = reference[B + at.BIN_LO] + 2.0 ** reference[B + at.BIN_SHIFT] / reference[B + at.BIN_MULT] * np.arange(
        1, 17
    )
    shares = reference[B + at.SHARES : B + at.SHARES + 16] / 32768
    wanted = np.array([np.mean(x < edge) for edge in edges])
    assert np.abs(shares[:15] - wanted[:15]).max() < 0.05
    assert shares[15] == 1


@pytest.mark.unit
def test_one_bad_window_in_twenty_does_not_spoil_the_commissioning():
    good = noise(16 * 200 + 16)
    bad = good.copy()
    for w in range(0, 200, 20):
        bad[16 * w : 16 * w + 16] += 3_000
    _, a = run(good, 200)
    _, b = run(bad, 200)
    clean, spoilt = band(a.references[200])[2:], band(b.references[200])[2:]
    assert clean[0] - 50 < spoilt[0] < clean[1] < spoilt[1]
    assert spoilt[1] - spoilt[0] < 4 * (clean[1] - clean[0])
    limit = B + at.REF_STRIDE
    moved = (b.references[200, limit:] - a.references[200, limit:]) / (1 << 24)
    assert moved.max() <= 1.3


@pytest.mark.unit
def test_missing_and_stuck_windows_give_no_samples_to_the_band():
    x = noise(16 * 100 + 16)
    x[: 16 * 12] = at.MISSING
    x[16 * 40 : 16 * 50] = 30_000
    _, r = run(x, 100)
    assert band(r.references[100])[3] < 900


@pytest.mark.unit
def test_an_edge_moves_out_by_its_step_and_in_a_twentieth_as_fast():
    x = noise(16 * 60)
    lo, hi = np.quantile(x[: 16 * 20], (0.01, 0.99))
    width = hi - lo
    x[16 * 20 :] = 500 + np.arange(16 * 40) % 2  # well inside the band
    x[16 * 30 : 16 * 32] = hi + 0.4 * width + np.arange(32) % 2  # outside it, but not far
    _, r = run(x, 20)
    edges = band(r.references)
    commissioned = edges[25, 3] - edges[25, 2]
    step = commissioned * STEP / (1 << 24)
    hi_moves = np.diff(edges[:, 1])
    assert hi_moves[30] == pytest.approx(step, rel=0.01)
    assert hi_moves[25] == pytest.approx(-step / 20, rel=0.01)
    assert np.diff(edges[:, 0])[25] == pytest.approx(step / 20, rel=0.01)
    assert (edges[20:, 2:] == edges[20, 2:]).all()


@pytest.mark.unit
def test_far_out_it_moves_eight_times_slower_and_not_at_all_when_stuck_or_missing():
    x = noise(16 * 80)
    x[16 * 20 :] = 500 + np.arange(16 * 60) % 2
    x[16 * 30 : 16 * 31] = 4000 + np.arange(16) % 2
    x[16 * 40 : 16 * 50] = 620
    x[16 * 60 : 16 * 61 - 12] = at.MISSING
    _, r = run(x, 20)
    edges = band(r.references)
    moves = np.diff(edges[:, 1])
    step = (edges[25, 3] - edges[25, 2]) * STEP / (1 << 24)
    assert moves[30] == pytest.approx(step / 8, rel=0.01)
    assert moves[41] < 0  # a run of two windows is no stuck one yet
    assert (moves[43:50] == 0).all()
    assert moves[60] == 0


@pytest.mark.unit
def test_a_limit_moves_in_octaves_by_the_same_rule():
    x = noise(16 * 60)
    plan, r = run(x, 20)
    k = plan.homes["noise"][0]
    limits = r.references[:, B + at.REF_STRIDE + k].astype(float)
    over = np.maximum(r.measures[:, k], 1) > 2.0 ** (limits / (1 << 24))
    moves = np.diff(limits)[20:]
    assert over[20:-1].any()
    assert (moves[~over[20:-1]] == -(STEP // 20)).all()
    assert (moves[over[20:-1]] <= STEP).all()
    assert (moves[over[20:-1]] > 0).all()


@pytest.mark.unit
def test_a_threshold_is_replaced_alone_and_survives_commissioning():
    plan = streams.plan(16, 16, 1, windows=3)
    plan = replace(plan, parents=(Parent("a", (), (), 0), Parent("b", (), (0,), -1), Parent("c", (), (), 1)))
    given = Reference(plan.for_device(), None, 0)
    before = list(given.array)
    given.set_threshold(1, -20)
    assert [i for i, x in enumerate(given.array) if x != before[i]] == [given.thresholds + 1]
    x = noise(16 * 5)
    maker = engine.Engine(plan, dump(given))
    maker.run(*scan.measure(plan, stream(x)))
    kept = Reference(plan.for_device(), maker.commissioned, 0)
    assert [kept.threshold(0), kept.threshold(1)] == [127, -20]


@pytest.mark.unit
def test_a_reference_survives_the_way_through_its_file():
    plan = streams.plan()
    reference = Reference(plan.for_device(), None, 0)
    reference.array[at.EVERY] = 12345
    again = Reference(plan.for_device(), dump(reference), 0)
    assert again.array == reference.array


@pytest.mark.unit
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda d: d[:-1], "bytes, expected"),
        (lambda d: b"XXXX" + d[4:], "does not begin with MGF1"),
        (lambda d: d[:40] + b"\x55" + d[41:], "CRC"),
        (lambda d: b"", "does not begin with MGF1"),
        (lambda d: d[:4] + b"\x01" + d[5:], "layout version 1, this firmware reads 2"),
        (lambda d: d[:6] + b"\x07" + d[7:], "made for other channels"),
    ],
)
def test_a_broken_reference_is_refused_in_one_line(spoil, says):
    plan = streams.plan()
    with pytest.raises(ValueError, match=says):
        Reference(plan.for_device(), spoil(dump(Reference(plan.for_device(), None, 0))), 0)


@pytest.mark.unit
def test_commissioning_keeps_the_trained_coefficients():
    plan = streams.plan(16, 16, 1, windows=3)
    given = Reference(plan.for_device(), None, 0)
    given.array[B + at.PAIR], given.array[B + at.GAIN] = 0, 777
    x = noise(16 * 5)
    slots, stats = scan.measure(plan, stream(x))
    maker = engine.Engine(plan, dump(given))
    maker.run(slots, stats)
    assert Reference(plan.for_device(), maker.commissioned, 0).array[B + at.GAIN] == 777
