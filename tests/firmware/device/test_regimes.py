"""Operating regimes: their kernels on every target, and what becomes of a new one in service."""

import json
from array import array
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motegate.convert.bundle.modules import device_tree
from motegate.firmware import vm
from motegate.firmware.device import kernels
from motegate.firmware.device import layout as at
from motegate.firmware.device.judging.classifiers import Classifiers
from motegate.firmware.device.judging.verdict import Verdict
from motegate.firmware.device.kernels.plain import follow
from motegate.firmware.device.kernels.plain import regimes as plain
from motegate.firmware.device.reference.reference import Reference
from motegate.firmware.device.window.measure import Dimensions

from .. import streams
from ..words import Memory

VIPER = Path(kernels.__file__).parent / "viper" / "regimes.py"
TABLE = 3  # where the regimes begin in an array of theirs alone


class Case:
    """Statistics and a reference within their bounds, as far as they go, and regimes beside them."""

    def __init__(self, seed: int):
        r = self.random = np.random.default_rng(seed)
        self.channels = int(r.integers(1, 4))
        self.size = self.channels * at.SIGNATURE_STRIDE
        self.stats = np.zeros(at.HEAD + self.channels * at.STRIDE, np.int64)
        self.reference = np.zeros(at.REF_HEAD + self.channels * at.REF_STRIDE, np.int64)
        for c in range(self.channels):
            self._measure(self.stats[at.HEAD + c * at.STRIDE :])
            self._band(self.reference[at.REF_HEAD + c * at.REF_STRIDE :])
        self.count = int(r.integers(0, at.MOST_REGIMES + 1))
        self.prototypes = self._signatures(self.count + 1)
        self.signature = self._signatures(1)
        self.table = np.zeros(TABLE + self.count * at.REGIME_STRIDE, np.int64)
        for k in range(self.count):
            entry = TABLE + at.REGIME_STRIDE * k
            ends = [at.SMALLEST_RADIUS, at.LARGEST_RADIUS, r.integers(at.SMALLEST_RADIUS, at.LARGEST_RADIUS)]
            self.table[entry + at.RADIUS] = r.choice(ends)
            self.table[entry + at.FIRST_SEEN] = r.choice([at.KNOWN, 0, r.integers(0, 1 << 29)])
        self.shift = int(r.integers(0, 7))

    def _measure(self, s: np.ndarray) -> None:
        r = self.random
        quarters = r.integers(0, 257, 4) * r.choice([0, 1], 4, p=[0.3, 0.7]) if r.random() < 0.9 else np.full(4, 256)
        n = quarters.sum()
        s[at.VALID] = n
        extreme = r.choice([-32767, 32767, 0], 4)
        means = np.where(r.random(4) < 0.5, extreme, r.uniform(-32767, 32767, 4))
        for q in range(4):
            s[at.QUARTER_VALID + q] = quarters[q]
            s[at.QUARTER_SUM + q] = int(quarters[q] * means[q])
        s[at.SUM] = s[at.QUARTER_SUM : at.QUARTER_SUM + 4].sum()
        s[at.BINS : at.BINS + at.BIN_COUNT] = r.multinomial(16 * n, r.dirichlet(np.full(at.BIN_COUNT, 0.3)))
        s[at.DX_N] = r.integers(0, max(n, 1))
        s[at.DX_SUM] = s[at.DX_N] * int(r.choice([0, 65534, r.integers(0, 65535)]))

    def _band(self, a: np.ndarray) -> None:
        r = self.random
        lo = int(r.choice([-(1 << 29), (1 << 29) - 16384, r.integers(-(1 << 29), (1 << 29) - 16384)]))
        widest = (1 << 29) - lo
        a[at.LO] = lo
        a[at.HI] = lo + int(r.choice([16384, widest, r.integers(16384, widest + 1), min(5 << 18, widest)]))
        a[at.VARIATION] = r.choice([0, 65534 << 4, r.integers(0, 65534 << 4)])
        a[at.SHARES : at.SHARES + 16] = np.sort(r.integers(0, 32769, 16))

    def _signatures(self, n: int) -> np.ndarray:
        r = self.random
        ends = r.choice([-32767, 32767], n * self.size)
        return np.where(r.random(ends.size) < 0.3, ends, r.integers(-32767, 32768, ends.size))

    def arrays(self) -> list[array]:
        """stats, reference, table; signature, prototypes."""
        words = [array("i", x.tolist()) for x in (self.stats, self.reference, self.table)]
        return words + [array("h", x.tolist()) for x in (self.signature, self.prototypes)]

    def bytes(self) -> bytes:
        """As the VM's script reads it."""
        parts = self.arrays()
        head = array("i", [self.channels, self.count, self.shift, *(len(part) for part in parts)])
        return bytes(head) + b"".join(map(bytes, parts))


def computed(case: Case) -> bytes:
    """By the plain kernel: signature; found, distance; the prototype behind the last after a blend."""
    stats, reference, table, signature, prototypes = case.arrays()
    out, found = array("h", bytes(2 * case.size)), array("i", bytes(16))
    plain.sign(stats, reference, case.channels, out)
    plain.nearest(table, TABLE, signature, prototypes, case.size, case.count, found)
    away = plain.distance(signature, 0, prototypes, case.count * case.size, case.size)
    plain.blend(prototypes, case.count * case.size, signature, case.size, case.shift)
    return bytes(out) + bytes(found) + bytes(array("i", [away])) + bytes(prototypes)


ON_VM = """
import sys
import json
from array import array
from motegate.kernels import regimes
with open(sys.argv[1], "rb") as f, open(sys.argv[2], "wb") as out:
    while True:
        head = f.read(32)
        if not head:
            break
        channels, count, shift, *sizes = array("i", head)
        stats, reference, table = [array("i", f.read(4 * n)) for n in sizes[:3]]
        signature, prototypes = [array("h", f.read(2 * n)) for n in sizes[3:]]
        size = len(signature)
        mine, found = array("h", bytes(2 * size)), array("i", bytes(16))
        regimes.sign(stats, reference, channels, mine)
        regimes.nearest(table, TABLE, signature, prototypes, size, count, found)
        away = regimes.distance(signature, 0, prototypes, count * size, size)
        regimes.blend(prototypes, count * size, signature, size, shift)
        for part in (mine, found, array("i", [away]), prototypes):
            out.write(bytes(part))
""".replace("TABLE", str(TABLE))


@pytest.mark.device
@pytest.mark.property
def test_the_kernels_of_the_vm_equal_the_plain_ones_bit_for_bit(tmp_path):
    cases = [Case(seed) for seed in range(400)]
    (tmp_path / "cases").write_bytes(b"".join(case.bytes() for case in cases))
    (tmp_path / "script.py").write_text(ON_VM)
    done = vm.run(tmp_path / "script.py", [tmp_path / "cases", tmp_path / "out"], heap="4M", path=[device_tree()])
    assert done.returncode == 0, done.stdout.decode()
    assert (tmp_path / "out").read_bytes() == b"".join(computed(case) for case in cases)


@pytest.mark.property
@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_intermediate_of_the_viper_kernels_fits_int32_and_their_results_are_the_plain_ones(seed):
    case = Case(seed)
    memory = Memory(signed_words=True)
    kernel = memory.load(VIPER)
    stats, reference, table, signature, prototypes = (memory.place(bytes(part)) for part in case.arrays())
    out, found = memory.place(bytes(2 * case.size)), memory.place(bytes(16))
    p16, p32, last = kernel.ptr16, kernel.ptr32, case.count * case.size
    kernel.sign(p32(stats), p32(reference), case.channels, p16(out))
    kernel.nearest(p32(table), TABLE, p16(signature), p16(prototypes), case.size, case.count, p32(found))
    away = kernel.distance(p16(signature), 0, p16(prototypes), last, case.size)
    kernel.blend(p16(prototypes), last, p16(signature), case.size, case.shift)
    parts = ((out, 2 * case.size), (found, 16), (None, away), (prototypes, 2 * len(case.prototypes)))
    mine = b"".join(
        bytes(array("i", [size])) if start is None else bytes(memory.bytes[start : start + size])
        for start, size in parts
    )
    assert mine == computed(case)


@pytest.mark.unit
def test_cases_reach_saturation_empty_channels_missing_quarters_and_the_narrowest_band():
    seen = set()
    for case in map(Case, range(400)):
        stats, reference, *_ = case.arrays()
        out = array("h", bytes(2 * case.size))
        plain.sign(stats, reference, case.channels, out)
        seen |= {x for x in out if abs(x) == 32767}
        for c in range(case.channels):
            s = case.stats[at.HEAD + c * at.STRIDE :]
            a = case.reference[at.REF_HEAD + c * at.REF_STRIDE :]
            quarters = s[at.QUARTER_VALID : at.QUARTER_VALID + 4]
            seen |= {"empty"} if s[at.VALID] == 0 else {"missing"} if (quarters == 0).any() else set()
            seen |= {"narrow"} if a[at.HI] - a[at.LO] == 16384 else set()
    assert seen == {32767, -32767, "empty", "missing", "narrow"}


LENGTH, HOP = 16, 8
ASK_AFTER = LENGTH // HOP + 1  # windows beyond the limit: a window's length, and one
HOME = 0
EDGE = 500  # of the band, and of its windows
RISE = 1 << 20  # Q24 octaves a window


class Site:
    """One channel in service, whose windows lie still at a level: what the device's own code makes of them."""

    def __init__(self, rise: int = RISE, step: int = 50_000):
        plan = streams.plan(LENGTH, HOP, 1, step_q24=step)
        self.plan = replace(plan, reference=replace(plan.reference, rise_q24=rise))
        self.reference = Reference(self.plan.for_device(), None, 0)
        self.reference.set_band(at.REF_HEAD, -EDGE << 14, EDGE << 14)
        self.dimensions = Dimensions(self.plan.for_device())
        self.regimes = self.reference.regimes
        self.stats = array("i", bytes(4 * 200))
        self.measure(HOME)
        self.regimes.add(self.regimes.signature, 0, 400, at.KNOWN)

    def __getitem__(self, key: int) -> int:
        return self.reference.array[key]

    def entry(self, regime: int, key: int) -> int:
        return self[self.regimes.table + at.REGIME_STRIDE * regime + key]

    def measure(self, level: int) -> None:
        s, base = self.stats, at.HEAD
        s[at.LENGTH] = s[base + at.VALID] = LENGTH
        for q in range(4):
            s[base + at.QUARTER_VALID + q], s[base + at.QUARTER_SUM + q] = LENGTH // 4, LENGTH // 4 * level
        s[base + at.SUM], s[base + at.MIN], s[base + at.MAX] = LENGTH * level, level - EDGE, level + EDGE
        s[base + at.DX_N], s[base + at.DX_SUM], s[base + at.RUN], s[base + at.DISTINCT] = LENGTH - 1, 90, 1, 6
        a, here = self.reference.array, at.REF_HEAD
        away = max(0, min(level - a[here + at.BIN_LO], 131071)) * a[here + at.BIN_MULT] >> a[here + at.BIN_SHIFT] - 4
        away = min(away, 16 * (at.BIN_COUNT - 1))
        for k in range(at.BIN_COUNT):
            s[base + at.BINS + k] = LENGTH * max(0, 16 - abs(away - 16 * k))
        self.dimensions.fill(s, self.reference)

    def window(self, level: int) -> int:
        """One more at ``level``; what is said of it."""
        self.measure(level)
        self.reference.follow(self.stats)
        said, self.reference.array[at.NOTICE] = self.reference.array[at.NOTICE], at.JUDGED
        return said

    def windows(self, level: int, n: int) -> list[int]:
        return [self.window(level) for _ in range(n)]

    def followed(self) -> list[int]:
        """Bands and limits."""
        return list(self.reference.array[at.REF_HEAD : self.reference.thresholds])

    def limits(self, cell: int) -> tuple[int, int]:
        """What one good window in a hundred exceeds, and one in ten."""
        here = self.reference.limits + at.LIMIT_STRIDE * cell
        return self[here + at.Q99], self[here + at.Q90]

    def candidate(self, level: int) -> int:
        """A regime of one visit, just now."""
        self.measure(level)
        self.regimes.add(self.regimes.signature, 0, 400, self[at.REGIME_WINDOW])
        return self[at.REGIME_COUNT] - 1


@pytest.mark.unit
def test_a_second_visit_two_lengths_after_the_first_makes_a_candidate_known():
    site = Site(step=0)
    site.windows(HOME, 5)
    regime = site.candidate(300)
    began = site[at.REGIME_WINDOW]
    assert site.entry(regime, at.FIRST_SEEN) == began
    site.windows(HOME, 2 * LENGTH // HOP)
    assert site.entry(regime, at.FIRST_SEEN) == began
    site.window(300)
    assert site.entry(regime, at.FIRST_SEEN) == at.KNOWN
    site.window(300)
    assert site.reference.array[at.REGIME] == regime


@pytest.mark.unit
def test_one_visit_however_long_leaves_a_candidate_one():
    site = Site(step=0, rise=0)
    site.window(HOME)
    regime = site.candidate(300)
    began = site[at.REGIME_WINDOW]
    site.window(300)
    site.window(HOME)
    site.window(300)  # too early to be another visit: it shares samples with the first
    site.windows(300, 10 * LENGTH)
    assert site.entry(regime, at.FIRST_SEEN) == began
    assert site.reference.array[at.REGIME] == 0


@pytest.mark.unit
def test_a_jump_is_asked_about_once_and_nothing_follows_meanwhile():
    site = Site(rise=1)
    site.windows(HOME, 20)
    before = site.followed()
    site.window(HOME)
    assert site.followed() != before
    before = site.followed()
    said = site.windows(2000, 100)
    assert said.index(at.ASKED_WHY) == ASK_AFTER - 1
    assert said.count(at.ASKED_WHY) == 1
    assert set(said) == {at.JUDGED, at.ASKED_WHY}
    assert site.followed() == before
    assert site[at.ASKED]
    assert site[at.REGIME_COUNT] == 1


@pytest.mark.unit
@pytest.mark.parametrize("rise", [RISE // 4, RISE])
def test_the_limit_rises_evenly_and_in_its_time_the_new_regime_is_known(rise):
    site = Site(rise)
    site.windows(HOME, 20)
    site.measure(1500)
    k = site.reference.regime_cell
    q99 = site[site.reference.limits + at.LIMIT_STRIDE * k + at.Q99]
    octaves = (site.reference.logs[k] << 10) - q99
    patience = -(-octaves // rise)
    rises, said = [], []
    for _ in range(patience + 2):
        said.append(site.window(1500))
        rises.append(site[at.RISE])
        if said[-1] == at.ABSORBED_WHY:
            break
    assert abs(len(said) - patience) <= 1
    assert said[-1] == at.ABSORBED_WHY
    assert np.diff(rises[:-1]).tolist() == [rise] * (len(rises) - 2)
    assert (site[at.RISE], site[at.ASKED], site[at.BEYOND]) == (0, 0, 0)
    assert (site[at.REGIME_COUNT], site.entry(1, at.FIRST_SEEN)) == (2, at.KNOWN)
    before = site.followed()
    assert site.window(1500) == at.JUDGED
    assert site.reference.array[at.REGIME] == 1
    assert site.dimensions.measures[k] <= 256
    assert site.followed() != before  # it follows again
    assert site.windows(HOME, 5) == [at.JUDGED] * 5  # and the old one is still known
    assert site.reference.array[at.REGIME] == 0


@pytest.mark.unit
@pytest.mark.parametrize("level", [1500, 9000])
def test_what_was_absorbed_is_within_every_limit_that_the_band_makes_and_their_decades_stay(level):
    site = Site()
    site.windows(HOME, 20)
    cells = [k for k, cell in enumerate(site.plan.cells) if cell.mode in (at.WIDTH, at.FOLLOW_LATE)]
    others = [k for k in range(len(site.plan.cells)) if k not in cells and k != site.reference.regime_cell]
    site.measure(level)
    before = {k: site.limits(k) for k in range(len(site.plan.cells))}
    beyond = [k for k in cells if site.reference.logs[k] << 10 > before[k][0]]
    assert beyond
    while site.window(level) != at.ABSORBED_WHY:
        pass
    site.measure(level)
    for k in beyond:
        q99, q90 = site.limits(k)
        assert site.reference.logs[k] << 10 <= q99 + (1 << 20)
        assert abs((q99 - q90) - (before[k][0] - before[k][1])) <= 1 << 20
    assert all(abs(site.limits(k)[0] - before[k][0]) < 1 << 20 for k in others)


@pytest.mark.unit
def test_a_notice_waits_for_a_window_that_has_data_and_is_said_once():
    site = Site()
    form = site.plan.for_device()
    classifiers = Classifiers(form, None, site.reference)
    verdict = Verdict(array("h", bytes(2 * len(site.plan.columns))), [])
    site.reference.array[at.NOTICE] = at.ASKED_WHY
    said = []
    for no_data in (True, True, False, False):
        classifiers.judge(verdict, no_data)
        said.append(verdict.why)
    assert said == [at.NO_DATA, at.NO_DATA, at.ASKED_WHY, at.JUDGED]


@pytest.mark.unit
def test_without_patience_nothing_is_ever_absorbed():
    site = Site(rise=0)
    site.windows(HOME, 5)
    before = site.followed()
    said = site.windows(700, 3000)
    assert at.ABSORBED_WHY not in said
    assert site[at.RISE] == 0
    assert site[at.REGIME_COUNT] == 1
    assert site.followed() == before


@pytest.mark.unit
def test_what_has_crept_away_from_the_commissioned_band_comes_back_while_a_window_is_held_and_no_farther():
    site = Site(rise=1)
    here = at.REF_HEAD
    site.windows(HOME, 20)
    site.reference.array[here + at.LO] += 100 << 14
    site.reference.array[here + at.HI] -= 100 << 14
    follow.lay_bins(site.reference.array, here)
    step = site[here + at.STEP]
    hi = site[here + at.HI]
    site.window(2000)
    assert (site[here + at.LO], site[here + at.HI]) == (-400 << 14, hi + step)
    site.windows(2000, (100 << 14) // step + 5)
    assert (site[here + at.LO], site[here + at.HI]) == (-400 << 14, site[here + at.HI0])
    laid = site.followed()
    follow.lay_bins(site.reference.array, here)
    assert site.followed() == laid


@pytest.mark.unit
def test_after_a_fault_has_ended_nothing_has_moved_and_the_risen_limit_sinks():
    site = Site()
    site.windows(HOME, 20)
    before, prototypes = site.followed(), array("h", site.regimes.prototypes[: site.regimes.size])
    site.windows(9000, 10)
    assert site.followed() == before
    assert site[at.RISE] == 10 * RISE
    assert site[at.ASKED]
    site.window(HOME)
    assert site[at.RISE] == 10 * RISE - RISE // 20
    site.windows(HOME, 10 * 20 + 5)
    assert (site[at.RISE], site[at.ASKED], site[at.BEYOND], site[at.REGIME_COUNT]) == (0, 0, 0, 1)
    assert site.regimes.prototypes[: site.regimes.size] == prototypes


@pytest.mark.unit
def test_when_no_slot_is_left_the_longest_unseen_regime_goes():
    site = Site(step=0)
    levels = [300 + 100 * k for k in range(at.MOST_REGIMES)]
    for level in levels[: at.MOST_REGIMES - 1]:
        site.measure(level)
        site.regimes.add(site.regimes.signature, 0, 50, at.KNOWN)
    assert site[at.REGIME_COUNT] == at.MOST_REGIMES
    order = np.random.default_rng(3).permutation(at.MOST_REGIMES)
    for r in order:
        assert site.window([HOME, *levels][r]) == at.JUDGED
    unseen = int(order[0])
    kept = [site.entry(r, at.LAST_SEEN) for r in range(at.MOST_REGIMES)]
    site.measure(-4000)
    site.regimes.add(site.regimes.signature, 0, 50, at.KNOWN)
    assert site[at.REGIME_COUNT] == at.MOST_REGIMES
    size = site.regimes.size
    assert site.regimes.prototypes[unseen * size : (unseen + 1) * size] == site.regimes.signature
    changed = [r for r in range(at.MOST_REGIMES) if site.entry(r, at.LAST_SEEN) != kept[r]]
    assert changed == [unseen]


@pytest.mark.unit
def test_starting_over_keeps_the_trained_regimes_as_not_seen():
    site = Site()
    site.windows(HOME, 20)
    site.windows(5000, 10)
    site.regimes.start_over()
    assert (site[at.REGIME_COUNT], site.entry(0, at.LAST_SEEN), site.entry(0, at.FIRST_SEEN)) == (1, -1, at.KNOWN)
    assert (site[at.RISE], site[at.ASKED], site[at.BEYOND], site[at.REGIME_WINDOW]) == (0, 0, 0, 0)


LOCKED = """
import json, micropython, sys
from array import array
from motegate import layout as at
from motegate.reference.reference import Reference
from motegate.window.measure import Dimensions

with open(sys.argv[1]) as f:
    plan = json.load(f)
reference = Reference(plan, None, 0)
reference.set_band(at.REF_HEAD, -500 << 14, 500 << 14)
dimensions = Dimensions(plan)
stats = array("i", bytes(4 * 200))
length = plan["length"]

def work(level, n):
    absorbed = 0
    k = 0
    while k < n:
        here = at.HEAD
        stats[at.LENGTH] = stats[here + at.VALID] = length
        q = 0
        while q < 4:
            stats[here + at.QUARTER_VALID + q] = length // 4
            stats[here + at.QUARTER_SUM + q] = length // 4 * level
            q += 1
        stats[here + at.SUM] = length * level
        stats[here + at.BINS + (8 if level else 4)] = 16 * length
        stats[here + at.BINS + (4 if level else 8)] = 0
        stats[here + at.MIN] = stats[here + at.MAX] = level
        stats[here + at.DX_N] = stats[here + at.RUN] = 1
        dimensions.fill(stats, reference)
        reference.follow(stats)
        if reference.array[at.NOTICE] == at.ABSORBED_WHY:
            absorbed += 1
        reference.array[at.NOTICE] = at.JUDGED
        k += 1
    return absorbed

work(0, 3)
reference.regimes.add(reference.regimes.signature, 0, 400, at.KNOWN)

def main():
    absorbed = level = turn = 0
    micropython.heap_lock()
    while turn < 40:
        absorbed += work(level, 30)
        level = 0 if level else 2000 + 100 * turn
        turn += 1
    micropython.heap_unlock()
    print(absorbed, reference.array[at.REGIME_COUNT])

main()
"""


@pytest.mark.device
def test_asking_absorbing_and_replacing_take_nothing_from_the_heap(tmp_path):
    (tmp_path / "plan.json").write_text(json.dumps(Site(rise=1 << 22).plan.for_device()))
    (tmp_path / "script.py").write_text(LOCKED)
    done = vm.run(tmp_path / "script.py", [tmp_path / "plan.json"], heap="1M", path=[device_tree()])
    assert done.returncode == 0, done.stdout.decode()
    absorbed, regimes = map(int, done.stdout.split())
    assert absorbed > 1
    assert regimes == min(1 + absorbed, at.MOST_REGIMES)
