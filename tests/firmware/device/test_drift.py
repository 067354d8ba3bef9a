"""Drift detectors: each against a form of its own in plain numbers, and what they find and when."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motegate.convert.bundle.modules import device_tree
from motegate.firmware import vm
from motegate.firmware.device.drift.cusum import Cusum
from motegate.firmware.device.drift.ewma import Ewma
from motegate.firmware.device.drift.page_hinkley import PageHinkley
from motegate.firmware.device.layout import MOST_AWAY as CLAMP

KINDS = {"cusum": Cusum, "ewma": Ewma, "page_hinkley": PageHinkley}
SMALL_INT = 1 << 30
numbers = st.lists(
    st.one_of(st.integers(-600, 600), st.sampled_from([CLAMP, -CLAMP, 1 << 29, -(1 << 29)])), min_size=1, max_size=300
)


def clamped(x: int) -> int:
    return max(-CLAMP, min(x, CLAMP))


def normal(seed: int, n: int) -> np.ndarray:
    return np.round(256 * np.random.default_rng(seed).standard_normal(n)).astype(int)


@pytest.mark.unit
@given(numbers)
def test_cusum_is_the_farthest_rise_of_the_sum(xs):
    """Page's other form: the sum of all, above its least so far."""
    detector = Cusum()
    for side in (1, -1):
        detector.reset()
        steps = [side * clamped(x) - 128 for x in xs]
        sums = np.concatenate(([0], np.cumsum(steps)))
        for k, x in enumerate(xs):
            detector.update(side * x)
            above = int(sums[k + 1] - sums[: k + 2].min())
            assert detector.state[0] == above
            assert detector.state[2] == (k + 1 - max(i for i in range(k + 2) if sums[i] == sums[: k + 2].min()))
            if above > 3072:
                assert detector.drift_detected


@pytest.mark.unit
@given(numbers)
def test_the_ewma_is_the_average_as_it_is_written_but_for_its_rounding(xs):
    detector, mean = Ewma(), Fraction(0)
    for x in xs:
        detector.update(x)
        mean += (Fraction(clamped(x) * 256) - mean) / 32
        assert mean - 32 <= detector.state[0] <= mean


@pytest.mark.unit
@given(numbers)
def test_page_hinkley_is_what_the_test_says_of_its_own_mean(xs):
    detector = PageHinkley()
    total = least = 0
    for x in xs:
        away = clamped(x) - (detector.state[4] >> 8)
        detector.update(x)
        total += clamped(away) - 64
        least = min(least, total)
        assert detector.state[0] == total - least


@pytest.mark.unit
@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=50)
@given(st.lists(st.sampled_from([CLAMP, -CLAMP, SMALL_INT - 1, -SMALL_INT, 0]), min_size=1, max_size=50))
def test_no_number_leaves_the_small_integers_however_long_it_goes_on(name, xs):
    detector = KINDS[name]()
    for x in xs:
        for _ in range(400):
            detector.update(x)
            assert all(-SMALL_INT <= number < SMALL_INT for number in detector.state)
    detector.reset()
    assert not any(detector.state)
    assert not detector.drift_detected


@pytest.mark.unit
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("side", [1, -1])
def test_a_change_is_found_on_either_side_and_dated(name, side):
    delays, dated = [], []
    for seed in range(60):
        detector = KINDS[name]()
        xs = normal(seed, 400)
        xs[300:] += 3 * 256 * side
        for i, x in enumerate(xs.tolist()):
            if detector.update(x):
                assert i >= 300, "a false alarm"
                delays.append(i - 299)
                dated.append(i + 1 - detector.since())
                break
    assert len(delays) == 60
    assert np.median(delays) <= {"cusum": 6, "ewma": 8, "page_hinkley": 8}[name]
    assert abs(np.median(dated) - 300) <= 5


@pytest.mark.unit
@pytest.mark.parametrize("name", KINDS)
def test_a_quiet_number_raises_no_alarm(name):
    detector = KINDS[name]()
    assert not any(detector.update(x) for x in normal(7, 30_000).tolist())


SCRIPT = """
import gc, sys
from motegate.drift.{module} import {name}
d = {name}()
xs = {xs}
out = [0] * (len(xs) * (1 + len(d.state)))
def run(i):
    k = 0
    while k < len(xs):
        out[i] = 1 if d.update(xs[k]) else 0
        i += 1
        for n in d.state:
            out[i] = n
            i += 1
        k += 1
run(0)
d.reset()
gc.collect()
gc.disable()
before = gc.mem_free()
run(0)
print(before - gc.mem_free(), out)
"""


@pytest.mark.device
@pytest.mark.parametrize("name", KINDS)
def test_the_vm_has_the_same_bits_and_allocates_nothing(name, tmp_path):
    xs = [*normal(3, 150).tolist(), *(normal(4, 100) + 500).tolist(), CLAMP, -CLAMP, 1 << 29, -(1 << 29)]
    script = tmp_path / "run_it.py"
    script.write_text(SCRIPT.format(module=name, name=KINDS[name].__name__, xs=xs))
    done = vm.run(script, [], path=[device_tree("plain")])
    assert not done.returncode, done.stderr
    taken, _, said = done.stdout.decode().strip().partition(" ")
    detector, expected = KINDS[name](), []
    for x in xs:
        expected += [int(detector.update(x)), *detector.state]
    assert eval(said) == expected
    assert int(taken) <= 64  # what print's own arguments take
