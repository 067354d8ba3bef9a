"""The reference: what commissioning learns, how far following moves it, and what it refuses."""

from array import array
from dataclasses import replace

import numpy as np
import pytest
from motegate.firmware.device import layout as at
from motegate.firmware.device.boot import reference as boot
from motegate.firmware.device.boot.reference import dump
from motegate.firmware.device.reference.limits import pull
from motegate.firmware.device.reference.reference import Reference
from motegate.train.host import engine, scan
from motegate.train.policy.plan import Parent

from .. import formulas, streams

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


def limits(plan, references: np.ndarray, name: str, which: int) -> np.ndarray:
    """Of a dimension's first cell, in octaves."""
    at_ = B + at.REF_STRIDE * len(plan.channels) + at.LIMIT_STRIDE * plan.homes[name][0] + which
    return references[..., at_] / (1 << 24)


def noise(n: int, seed: int = 0, sigma: float = 100.0) -> np.ndarray:
    return np.round(np.random.default_rng(seed).normal(500, sigma, n))


@pytest.mark.unit
def test_commissioning_finds_the_quantiles_of_samples_and_measures():
    x = noise(16 * 200 + 16)
    plan, r = run(x, 200)
    lo, hi = band(r.references[200])[2:]
    assert abs(lo - np.quantile(x, 0.01)) < 25
    assert abs(hi - np.quantile(x, 0.99)) < 25
    for name in ("spike", "noise", "step", "crest"):
        measures = np.log2(np.maximum(r.measures[:200, plan.homes[name][0]], 1))
        for which, share in ((at.Q99, 0.99), (at.Q90, 0.9)):
            found = limits(plan, r.references[200], name, which)
            assert abs(found - np.quantile(measures, share)) < 0.15, (name, share)
    assert abs(r.references[200, B + at.VARIATION] / 16 - np.abs(np.diff(x)).mean()) < 8


@pytest.mark.unit
def test_shares_are_those_of_the_samples():
    x = noise(16 * 300 + 16)
    _, r = run(x, 300)
    reference = r.references[300]
    size = 2.0 ** reference[B + at.BIN_SHIFT] / reference[B + at.BIN_MULT]
    shares = reference[B + at.SHARES : B + at.SHARES + 16] / 32768
    wanted = formulas.cumulative(x, reference[B + at.BIN_LO] + size * np.arange(16))
    assert np.abs(shares[:15] - wanted[:15]).max() < 0.05
    assert shares[15] == 1


@pytest.mark.unit
def test_one_bad_window_in_twenty_does_not_spoil_the_commissioning():
    good = noise(16 * 200 + 16)
    bad = good.copy()
    for w in range(0, 200, 20):
        bad[16 * w : 16 * w + 16] += 3_000
    plan, a = run(good, 200)
    _, b = run(bad, 200)
    clean, spoilt = band(a.references[200])[2:], band(b.references[200])[2:]
    assert clean[0] - 50 < spoilt[0] < clean[1] < spoilt[1]
    assert spoilt[1] - spoilt[0] < 4 * (clean[1] - clean[0])
    for name in plan.homes.keys() - {"offset", "excursion"}:  # in widths of the band, which is the wider one
        moved = limits(plan, b.references[200], name, at.Q99) - limits(plan, a.references[200], name, at.Q99)
        assert moved <= 1.3, name


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
@pytest.mark.parametrize(("which", "slower"), [(at.Q99, 99), (at.Q90, 9)])
def test_a_limit_moves_out_by_its_step_and_in_by_the_share_that_may_exceed_it(which, slower):
    x = noise(16 * 120)
    plan, r = run(x, 20)
    held = limits(plan, r.references, "noise", which)
    over = np.log2(np.maximum(r.measures[:, plan.homes["noise"][0]], 1)) > held + 0.001
    moves = np.round(np.diff(held)[20:] * (1 << 24))
    over = over[20:-1]
    assert over.any()
    assert (moves[~over] == -(STEP // slower)).mean() > 0.9  # but within a rounding of the limit
    assert (moves[~over] >= -(STEP // slower)).all()
    assert (moves[over] <= STEP).all()
    assert (moves[over] > 0).all()


@pytest.mark.unit
def test_each_limit_stays_its_quantile_of_a_stationary_stream():
    plan, r = run(noise(16 * 5200, seed=4), 200)
    for name in ("spike", "noise", "step", "rate_of_change", "offset"):
        values = r.values[200:, [column.name for column in plan.columns].index(name)]
        assert 0.005 <= np.mean(values > 256) <= 0.02, name
    for name in ("spike", "noise", "step", "rate_of_change"):
        measures = np.log2(np.maximum(r.measures[200:, plan.homes[name][0]], 1))
        assert 0.07 <= np.mean(measures > limits(plan, r.references[200:], name, at.Q90)) <= 0.13, name


@pytest.mark.unit
def test_of_a_column_over_several_channels_one_good_window_in_a_hundred_is_beyond_256():
    plan = streams.plan(16, 16, 4, windows=400, step_q24=STEP)
    r = np.random.default_rng(5)
    n = 16 * 2400
    seconds, millis = streams.times(np.full(n, 1000))
    counts = np.round(r.normal(500, 100, (n, 4))).astype(np.int16)
    records = streams.Records(counts, seconds, millis, np.full(n, -1, np.int32), np.zeros((n, 5), np.int32))
    run = engine.Engine(plan).run(*scan.measure(plan, records))
    for name in ("spike", "noise", "step", "rate_of_change"):
        values = run.values[400:, [column.name for column in plan.columns].index(name)]
        assert 0.003 <= np.mean(values > 256) <= 0.025, name
        assert 0.06 <= np.mean(values > 0) <= 0.14, name


def with_parents(windows: int):
    plan = streams.plan(16, 16, 1, windows=windows)
    return replace(plan, parents=(Parent("a", (), (), 0), Parent("b", (), (0,), -1), Parent("c", (), (), 1)))


@pytest.mark.unit
def test_a_threshold_is_replaced_alone_and_survives_commissioning():
    plan = with_parents(3)
    given = Reference(plan.for_device(), None, 0)
    before = list(given.array)
    boot.set_threshold(given, 1, -20)
    second = given.thresholds + at.THRESHOLD_STRIDE
    assert [i for i, x in enumerate(given.array) if x != before[i]] == [
        second + at.THRESHOLD, second + at.TRAINED_THRESHOLD,
    ]  # fmt: skip
    maker = engine.Engine(plan, dump(given))
    maker.run(*scan.measure(plan, stream(noise(16 * 5))))
    kept = Reference(plan.for_device(), maker.commissioned, 0)
    assert kept.threshold(0) > at.MOST_LEVEL - 1
    assert kept.threshold(1) == kept.trained_threshold(1) == -20


@pytest.mark.unit
@pytest.mark.parametrize("n", [10, 50, 200, 1000])
def test_silent_levels_pull_a_threshold_with_the_weight_of_their_number(n):
    reference = Reference(with_parents(0).for_device(), None, 0)
    boot.set_threshold(reference, 0, 10_000)
    boot.set_threshold(reference, 1, 7)
    levels = np.sort(np.random.default_rng(n).normal(0, 1000, n).astype(int))
    reach = 3 << 12  # three times as far as from the 80 % to the 95 % quantile
    pull(reference, 0, array("i", levels.tolist()), n, reach)
    usual, high = np.quantile(levels[: n - n // 20], (0.8, 0.95), method="higher")
    site = high + 3 * (high - usual)
    spread = 4 * np.abs(np.diff(levels))[n // 2 :].max()  # a quantile is one of the levels
    assert abs(reference.threshold(0) - (10_000 + (site - 10_000) * n / (n + 200))) <= spread
    assert reference.trained_threshold(0) == 10_000
    assert reference.threshold(1) == 7


@pytest.mark.unit
def test_recommissioning_starts_from_the_trained_thresholds():
    plan = with_parents(0)
    reference = Reference(plan.for_device(), None, 0)
    boot.set_threshold(reference, 0, 10_000)
    pull(reference, 0, array("i", range(100)), 100, 4096)
    assert reference.threshold(0) < 10_000
    assert Reference(plan.for_device(), dump(reference), 0).threshold(0) == reference.threshold(0)
    again = Reference(plan.for_device(), dump(reference), 5)
    assert again.threshold(0) == again.trained_threshold(0) == 10_000


@pytest.mark.unit
def test_commissioning_takes_the_levels_of_its_last_eighth_in_any_order():
    plan = with_parents(160)
    reference = Reference(plan.for_device(), None, None)
    for classifier in (0, 1):
        boot.set_threshold(reference, classifier, 10_000)
    kept = []

    class Ring:
        counts = array("h", [5] * 16)
        head = staticmethod(lambda: 0)

    stats = array("i", bytes(4 * (at.HEAD + at.STRIDE + 100)))
    stats[at.HEAD + at.VALID] = 16
    r = np.random.default_rng(0)
    for _ in range(160):
        levels = array("i", r.integers(-1000, 1000, 2).tolist())
        if reference.silent():
            kept.append(list(levels))
        reference.commission(Ring, stats, levels)
    assert reference.ready()
    assert len(kept) == 160 // 8
    beside = Reference(plan.for_device(), None, 0)
    for classifier, column in enumerate(zip(*kept, strict=True)):
        boot.set_threshold(beside, classifier, 10_000)
        pull(beside, classifier, array("i", sorted(column)), len(column), plan.reference.reach_q12)
        assert reference.threshold(classifier) == beside.threshold(classifier) < 10_000


@pytest.mark.unit
def test_a_reference_survives_the_way_through_its_file():
    plan = streams.plan()
    reference = Reference(plan.for_device(), None, 0)
    reference.array[at.EVERY] = plan.reference.every
    reference.array[B + at.GAIN] = 12345
    reference.regimes.add(array("h", range(reference.regimes.size)), 0, 777, at.KNOWN)
    again = Reference(plan.for_device(), dump(reference), 0)
    assert again.array == reference.array
    assert again.regimes.prototypes == reference.regimes.prototypes
    assert any(again.regimes.prototypes)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda d: d[:-1], "bytes, expected"),
        (lambda d: b"XXXX" + d[4:], "does not begin with MGF1"),
        (lambda d: d[:40] + b"\x55" + d[41:], "CRC"),
        (lambda d: b"", "does not begin with MGF1"),
        (lambda d: d[:4] + b"\x01" + d[5:], f"layout version 1, this firmware reads {at.LAYOUT_VERSION}"),
        (lambda d: d[:-9] + b"\x55" + d[-8:], "CRC"),
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
