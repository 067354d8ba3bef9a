"""Each dimension's value against an independent float64 formula of it.

A measure's logarithm is within one unit of Q8, and so is what a value is made of; what divides it magnifies that, and
is itself within a few units of Q11.
"""

from array import array

import numpy as np
import pytest
from ioos_qc import qartod
from motegate.firmware.device import layout as at
from motegate.firmware.device.kernels import follow, tables, value
from motegate.firmware.device.reference.reference import Reference
from motegate.firmware.device.window.measure import Dimensions
from motegate.train.host import engine, ring, scan

from .. import formulas, streams

LENGTH, CHANNELS = 32, 2


class Window:
    """One window of a stream, its reference, and both as floats."""

    def __init__(self, seed: int):
        r = np.random.default_rng(seed)
        self.plan = streams.plan(LENGTH, LENGTH, CHANNELS, period_ms=1000)
        n = LENGTH
        scale = int(r.choice([1, 3, 30, 400, 8000]))
        x = r.integers(-8000, 8000) + np.cumsum(r.integers(-scale, scale + 1, (n, CHANNELS)), axis=0)
        if r.random() < 0.5:
            at_ = r.integers(1, n - 1)
            x[at_] += r.integers(-9000, 9000)
        if r.random() < 0.3:
            start = r.integers(0, n - 8)
            x[start : start + r.integers(2, 8)] = x[start]
        counts = np.clip(x, -32767, 32767).astype(np.int16)
        counts[r.random(counts.shape) < r.choice([0, 0.1, 0.5])] = at.MISSING
        dt = np.full(n, 1000)
        late = r.random(n) < 0.3
        dt[late] = r.integers(400, 1490, late.sum())
        if r.random() < 0.5:
            dt[r.integers(1, n)] = 3000
        if r.random() < 0.3:
            dt[r.integers(1, n)] = -700
        i = r.integers(1, n)
        if r.random() < 0.4:
            dt[i], counts[i] = 0, counts[i - 1]
        seconds, millis = streams.times(dt)
        seqs = np.arange(n, dtype=np.int32)
        if r.random() < 0.4:
            seqs[r.integers(1, n) :] += 2
        status = np.tile(r.integers(-40, 40, (1, 5)), (n, 1)).astype(np.int32)
        if r.random() < 0.2:
            status[:, r.integers(0, 5)] = at.MISSING_STATUS
        self.records = streams.Records(counts, seconds, millis, seqs, status)
        self.reference = self._random_reference(r)
        slots, stats = scan.measure(self.plan, self.records, engine.pairs(np.array(self.reference.array), CHANNELS))
        cut, _, flags = ring.cut(self.plan, slots, np.array([0]))
        self.x = np.where(cut[0] == at.MISSING, np.nan, cut[0].astype(float))
        self.flags, self.absent = flags[0], (flags[0] & at.ABSENT) != 0
        rows = slots.row[:LENGTH]
        whole = np.append(1.0, np.diff(self.records.seconds * 1000.0 + self.records.millis) / 1000)
        self.dt = np.where(rows >= 0, whole[rows], np.nan)
        self.fields = self.plan.status
        self.status = status[0]
        self.range, self.rails = self.plan.channels[0].range, self.plan.channels[0].rails
        reference = np.array(self.reference.array)[None]
        row = array("i", engine.with_bins(self.plan, stats[:1], cut, reference)[0].tolist())
        self.dimensions = Dimensions(self.plan.for_device())
        self.dimensions.fill(row, self.reference)

    def _random_reference(self, r) -> Reference:
        reference = Reference(self.plan.for_device(), None, 0)
        a = reference.array
        for c in range(CHANNELS):
            b = at.REF_HEAD + c * at.REF_STRIDE
            for low in (at.LO0, at.LO):
                edges = np.sort(r.integers(-9000, 9000, 2)) * 16384 + r.integers(0, 16384)
                reference.set_band(b, int(edges[0]), int(edges[1]) + 16384) if low == at.LO0 else None
            a[b + at.LO] += int(r.integers(-500, 500)) * 1000
            a[b + at.HI] += int(r.integers(0, 500)) * 1000
            if a[b + at.HI] - a[b + at.LO] < 16384:
                a[b + at.HI] = a[b + at.LO] + 16384
            follow.lay_bins(a, b)
            shares = [*np.sort(r.integers(0, 32768, 15)).tolist(), 32768]
            for i in range(16):
                a[b + at.SHARES + i] = shares[i]
            a[b + at.VARIATION] = int(r.integers(0, 40000))
            a[b + at.PAIR] = 1 - c
            a[b + at.GAIN] = int(r.integers(-9000, 9000))
        for k in range(reference.n_limits):
            q99 = reference.limits + at.LIMIT_STRIDE * k + at.Q99
            if reference.cells[at.CELL_STRIDE * k + at.CELL_MODE] not in (at.FIXED, at.WIDTH0):
                high = 8 << 24 if k < reference.n_cells else reference.ceilings[k] - reference.floors[k] + 1
                a[q99] = reference.floors[k] + int(r.integers(0, high))
                a[q99 + at.Q90 - at.Q99] = max(a[q99] - int(r.integers(0, 3 << 24)), 0)
        a[at.RISE] = int(r.choice([0, r.integers(0, 2 << 24)]))
        regimes = reference.regimes
        for _ in range(r.integers(1, 5)):
            signature = array("h", r.integers(-3000, 6000, regimes.size).tolist())
            first = int(r.choice([at.KNOWN, 7]))
            regimes.add(signature, 0, int(r.integers(2000, 200_000)), first)
        return reference

    def channel(self, c: int, key: int) -> int:
        return self.reference.array[at.REF_HEAD + c * at.REF_STRIDE + key]

    def band(self, c: int) -> tuple[float, float]:
        return self.channel(c, at.LO) / 16384, self.channel(c, at.HI) / 16384

    def quantiles(self, k: int) -> tuple[float, float]:
        """A cell's or a column's limits: what one good window in a hundred exceeds, and one in ten."""
        here = self.reference.limits + at.LIMIT_STRIDE * k
        return tuple(2.0 ** (self.reference.array[here + q] / (1 << 24)) for q in (at.Q99, at.Q90))

    def width(self, channel: int, low: int, high: int) -> float:
        return max((self.channel(channel, high) - self.channel(channel, low)) / 16384, 1)

    def rarity(self, k: int, m: float, one: int) -> tuple[float, float]:
        """Of one cell's measure in natural units, and what a decade of it is in octaves."""
        channel, mode = self.plan.cells[k].channel, self.reference.cells[at.CELL_STRIDE * k + at.CELL_MODE]
        q99, q90 = self.quantiles(k)
        m, u = m * one, 2.0 ** (self.reference.floors[k] / (1 << 24))
        if mode == at.FIXED:
            return 256 * np.log2(1 + m / q99), 1
        if mode == at.WIDTH0:
            return 256 * np.log2(1 + m / one / self.width(channel, at.LO0, at.HI0)), 1
        if mode == at.WIDTH:
            width = self.width(channel, at.LO, at.HI)
            m, u = m / one / width * 16384, max(u, 16384 / width)
            q99 = max(q99, u)
        if mode == at.FOLLOW_REGIME:
            q99, u = q99 * 2.0 ** (self.reference.array[at.RISE] / (1 << 24)), 0
        decade = max(1 - np.log2(1 + q90 / q99), 0.29, np.log2((2 * q99 + u) / (2 * q99)))
        return 256 * (1 + (np.log2(1 + m / q99) - 1) / decade), decade

    def value(self, column: int, rarity: float) -> tuple[float, float]:
        """Of a column whose worst cell has that rarity, and how many times it magnifies an error of it."""
        k = self.reference.worst[column]
        if not k:
            return rarity, 1
        here = self.reference.limits + at.LIMIT_STRIDE * k
        # of a column both are rarities, 2**16 a unit, and from RARITY_ZERO on
        q99, q90 = (self.reference.array[here + q] / (1 << 16) - at.RARITY_ZERO for q in (at.Q99, at.Q90))
        decade = max(q99 - q90, 128)
        return 256 * (rarity - q99 + decade) / decade, 256 / decade


@pytest.fixture(scope="module")
def several() -> list[Window]:
    return [Window(seed) for seed in range(150)]


def clamped(value: float) -> float:
    return min(max(value, 0), at.RARITY_MOST)


@pytest.mark.oracle
@pytest.mark.parametrize("name", streams.dimension_names())
def test_a_value_is_that_of_the_float_formula(name, several):
    module, formula = streams.module(name), getattr(formulas, name)
    slack = getattr(formulas, f"{name}_slack", lambda w: 0)
    column = streams.dimension_names().index(name)
    moved = set()
    for w in several:
        cells = w.plan.columns[column].cells
        ends = []
        for sign in (-1, 1):
            found = [
                w.rarity(k, max(formula(w, w.plan.cells[k].channel) + sign * slack(w), 0), module.ONE) for k in cells
            ]
            rarity, decade = max(found)
            value, magnified = w.value(column, min(rarity, at.RARITY_MOST))
            tolerance = 1 + magnified * (1 / decade + 0.003 * abs(rarity - 256))
            ends.append(clamped(value + sign * tolerance))
        value = w.dimensions.values[column]
        assert ends[0] - 1 <= value <= ends[1] + 1, (name, value, ends)
        moved.add(value)
    assert len(moved) >= 10 or name in ("uniqueness", "ordering", "integration", "enrichment")


@pytest.mark.unit
def test_tables_are_what_their_formulas_say():
    log2 = np.frombuffer(tables.LOG2, "<u2")
    soft = np.frombuffer(tables.SOFT, "<u2")
    assert (log2 == np.round(2**14 * np.log2(1 + np.arange(65) / 64))).all()
    assert (soft == np.round(2**11 * np.log2(1 + 2.0 ** (np.arange(321) / 16 - 10)))).all()


@pytest.mark.unit
def test_log2_is_within_a_few_units_of_q14_over_its_whole_range():
    r = np.random.default_rng(0)
    m = np.concatenate((np.arange(1, 5000), 2 ** np.arange(30), (2.0 ** r.uniform(0, 30, 5000)).astype(int)))
    m = np.clip(m, 1, 2**30 - 1)
    found = np.array([value.log2_q14(int(x)) for x in m])
    assert np.abs(found - 2**14 * np.log2(m)).max() <= 3.2


@pytest.mark.unit
@pytest.mark.parametrize("apart", [0.75, 1, 3])
def test_one_good_window_in_a_hundred_is_256_and_one_in_ten_0(apart):
    q99 = 20 << 14
    q90 = q99 - round(apart * 16384)

    def rarity(log):
        return value.rarity(log, q99, q90, 0) - at.RARITY_ZERO

    assert rarity(q99) == 256
    assert abs(rarity(q90)) <= 1
    assert rarity(-1) < rarity(q90)
    # as far again in octaves above the limit, as 1 + m / q99 counts them
    twice = q99 + round(16384 * np.log2(2 ** (2 - np.log2(1 + 2**-apart)) - 1))
    assert rarity(twice) == pytest.approx(512, abs=2)


@pytest.mark.unit
def test_a_decade_has_at_least_its_octaves_however_near_the_quantiles_are():
    q99 = 20 << 14
    assert value.rarity(29 << 14, q99, q99, 0) < at.RARITY_ZERO + at.RARITY_MOST
    octave_above = q99 + round(16384 * np.log2(3))
    assert value.rarity(octave_above, q99, q99, 0) - at.RARITY_ZERO == pytest.approx(256 * (1 + 1 / 0.29), abs=2)
    coarse = value.rarity(octave_above, q99, q99, q99 + 16384) - at.RARITY_ZERO  # what it resolves is twice the limit
    assert coarse == pytest.approx(256 * 2, abs=2)


@pytest.mark.unit
@pytest.mark.parametrize("width", [1, 2, 3, 17, 100, 1023, 4096, 30001, 65534])
@pytest.mark.parametrize("lo", [-32767, -100, 0, 32000])
def test_bins_lie_on_the_band(width, lo):
    reference = Reference(streams.plan().for_device(), None, 0)
    b = at.REF_HEAD
    a = reference.array
    a[b + at.LO], a[b + at.HI] = lo << 14, (lo + width) << 14
    follow.lay_bins(a, b)
    size = 2.0 ** a[b + at.BIN_SHIFT] / a[b + at.BIN_MULT]
    assert abs(size - width / 8) <= width / 8 / 2000
    assert abs(a[b + at.BIN_LO] - (lo - width * 7 / 16)) <= 0.5  # as far below the band as the last is above
    assert abs(a[b + at.WIDTH_LOG] - 16384 * np.log2(256 * width)) <= 2
    assert a[b + at.BIN_MULT] <= 8191


def _one_channel(x: np.ndarray, name: str) -> float:
    """Spike, rate or longest run of a series, by the device's own scan and measure, in natural units."""
    plan = streams.plan(len(x), len(x), 1)
    n = len(x)
    seconds, millis = streams.times(np.full(n, 1000))
    none = np.zeros((n, 5), np.int32)
    records = streams.Records(x[:, None].astype(np.int16), seconds, millis, np.full(n, -1, np.int32), none)
    _, stats = scan.measure(plan, records)
    module = streams.module(name)
    return module.measure(array("i", stats[0].tolist()), at.HEAD, None, 0) / module.ONE


@pytest.mark.oracle
def test_spike_agrees_with_ioos_qc():
    r = np.random.default_rng(1)
    for _ in range(30):
        x = np.cumsum(r.integers(-9, 10, 40))
        x[r.integers(1, 39)] += r.integers(-60, 60)
        spike = _one_channel(x, "spike")
        for threshold in (spike - 0.25, spike + 0.25):
            if threshold <= 0:
                continue
            flags = qartod.spike_test(x.astype(float), suspect_threshold=threshold, fail_threshold=threshold)
            assert (flags == qartod.QartodFlags.FAIL).any() == (spike > threshold)


@pytest.mark.oracle
def test_rate_of_change_agrees_with_ioos_qc_at_whole_seconds():
    r = np.random.default_rng(2)
    for _ in range(30):
        x = np.cumsum(r.integers(-9, 10, 40))
        rate = _one_channel(x, "rate_of_change")
        time = np.datetime64("2020-01-01") + np.arange(40).astype("timedelta64[s]")
        for threshold in (rate - 0.5, rate + 0.5):
            flags = qartod.rate_of_change_test(x.astype(float), time, threshold)
            assert (flags == qartod.QartodFlags.SUSPECT).any() == (rate > threshold)


@pytest.mark.oracle
def test_validity_agrees_with_ioos_qc():
    r = np.random.default_rng(3)
    x = r.integers(-7000, 7000, 64)
    flags = qartod.gross_range_test(x.astype(float), fail_span=(-5000, 5000))
    assert _one_channel(x, "validity") == (flags == qartod.QartodFlags.FAIL).sum() > 0


@pytest.mark.unit
@pytest.mark.parametrize(
    ("value", "low", "high", "wanted"),
    [
        (7, 0, 10, 0),
        (-1, 0, 10, 1),
        (13, 0, 10, 3),
        (0, 10**9, 2**30 - 1, 2**29),
        (-(10**9), 0, 10, 2**29),
        (10**9, -5, 0, 2**29),
        (0, -(2**30) + 1, -(10**9), 2**29),
        (-(2**30) + 1, 2**30 - 1, 2**30 - 1, 2**29),
        (5 * 10**8, 10**9, 2**30 - 1, 5 * 10**8),
        (10**9, 0, 5 * 10**8, 5 * 10**8),
        (at.MISSING_STATUS, -5, 5, 2**29),
    ],
)
def test_status_measures_saturate_without_leaving_31_bits(value, low, high, wanted):
    assert streams.module("trust").measure([1, value, low, high], 0, None, 0) == wanted


@pytest.mark.unit
def test_the_worst_of_several_status_fields_counts():
    assert streams.module("trust").measure([2, 3, 5, 9, 20, 0, 9], 0, None, 0) == 11


@pytest.mark.unit
def test_relevancy_rounds_each_share():
    s = [0] * at.STRIDE
    s[at.VALID], s[at.BINS], s[at.BINS + 15] = 3, 16, 32
    shares = [0] * at.REF_STRIDE
    assert streams.module("relevancy").measure(s, 0, shares, 0) == 15 * round(32768 / 3)
    s[at.BINS], s[at.BINS + 15] = 32, 16
    assert streams.module("relevancy").measure(s, 0, shares, 0) == 15 * round(2 * 32768 / 3)
