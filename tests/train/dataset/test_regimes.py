"""Regimes found off-line: ways of running that come back, and nothing else."""

import numpy as np
import pytest
from motegate.firmware.device import layout as at
from motegate.firmware.device.reference.reference import Reference
from motegate.train.dataset import regimes

from tests.firmware import streams

pytestmark = pytest.mark.unit

PLAN = streams.plan(16, 8, 2)  # two window lengths are four windows
SIZE = 2 * at.SIGNATURE_STRIDE
NOISE = 20


def centre(seed: int) -> np.ndarray:
    return np.random.default_rng([seed, 1]).integers(-6000, 6000, SIZE)


def visits(*order: tuple[int, int], noise: int = NOISE) -> np.ndarray:
    """Signatures of a process that stays so many windows in one way of running, then in another."""
    rng = np.random.default_rng(0)
    rows = [centre(way) + rng.normal(0, noise, SIZE) for way, windows in order for _ in range(windows)]
    return np.round(rows).astype(np.int16)


def find(signatures: np.ndarray, good: np.ndarray | None = None) -> regimes.Found:
    return regimes.find(PLAN, signatures, np.ones(len(signatures), bool) if good is None else good)


def nearest(found: regimes.Found, signature: np.ndarray) -> tuple[int, int]:
    """The regime nearest to a signature, and how far it is."""
    away = np.abs(found[0].astype(int) - signature).sum(axis=1)
    return int(away.argmin()), int(away.min())


def test_two_ways_of_running_that_take_turns_are_two_regimes():
    prototypes, radii = find(visits(*[(0, 25), (1, 10)] * 6))
    assert len(prototypes) == len(radii) == 2
    for way in (0, 1):
        _, away = nearest((prototypes, radii), centre(way))
        assert away < SIZE * NOISE / 2


def test_one_way_of_running_is_one_regime():
    assert len(find(visits((0, 200)))[0]) == 1


def test_a_single_visit_is_no_regime_and_a_second_one_makes_it_known():
    assert len(find(visits((0, 100), (1, 4), (0, 100)))[0]) == 1
    assert len(find(visits((0, 100), (1, 3), (0, 50), (1, 2), (0, 50)))[0]) == 2


def test_two_windows_alone_are_no_support():
    assert len(find(visits((0, 100), (1, 1), (0, 50), (1, 1), (0, 50)))[0]) == 1


def test_a_labelled_stretch_is_no_regime():
    seen = visits(*[(0, 25), (1, 10)] * 6)
    good = np.arange(len(seen)) % 35 < 25
    prototypes, _ = find(seen, good)
    assert len(prototypes) == 1
    assert nearest((prototypes, None), centre(0))[1] < SIZE * NOISE / 2


def test_a_radius_holds_98_of_100_of_a_regimes_own_windows():
    seen = visits(*[(0, 100), (1, 50)] * 6)
    prototypes, radii = find(seen)
    own, away = np.array([nearest((prototypes, radii), row) for row in seen]).T
    for j in (0, 1):
        inside = (away[own == j] <= radii[j]).mean()
        assert inside == pytest.approx(regimes.QUANTILE, abs=0.01)


def test_a_tight_regime_still_has_a_share_of_the_usual_distance_as_its_radius():
    seen = visits(*[(0, 25), (1, 10)] * 6)
    tight = np.arange(len(seen)) % 35 >= 25
    seen[tight] = centre(1)
    prototypes, radii = find(seen)
    away = np.array([nearest((prototypes, radii), row)[1] for row in seen])
    assert radii[nearest((prototypes, radii), centre(1))[0]] == round(regimes.SHARE * np.median(away))


def test_a_radius_is_never_smaller_than_the_smallest():
    prototypes, radii = find(visits((0, 50), noise=0))
    assert (len(prototypes), radii.tolist()) == (1, [at.SMALLEST_RADIUS])


def test_there_are_no_more_than_a_reference_holds():
    ways = range(at.MOST_REGIMES + 5)
    prototypes, radii = find(visits(*[(way, 8) for _ in range(3) for way in ways]))
    assert len(prototypes) == len(radii) == at.MOST_REGIMES


def test_without_a_good_window_there_is_none():
    prototypes, radii = find(visits((0, 20)), np.zeros(20, bool))
    assert prototypes.shape == (0, SIZE)
    assert radii.shape == (0,)


def test_the_same_windows_give_the_same_regimes():
    one, two = (find(visits(*[(0, 25), (1, 10), (2, 7)] * 4)) for _ in range(2))
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])


@pytest.mark.parametrize("n", [18, 20, 57, 1000])
def test_the_halves_of_training_are_blocks_by_turns(n):
    training = np.arange(n + 30) % (n + 30) >= 30
    first, second = regimes.halves(training)
    assert not (first & second).any()
    assert ((first | second) == training).all()
    assert abs(int(first.sum()) - int(second.sum())) <= 2 * -(-n // regimes.BLOCKS)
    assert (np.diff(first[training].astype(int)) != 0).sum() <= regimes.BLOCKS - 1


def test_regimes_are_shipped_known_and_not_seen_yet():
    found = find(visits(*[(0, 25), (1, 10)] * 6))
    held = Reference(PLAN.for_device(), regimes.shipped(PLAN, None, found), 0)
    table = held.regimes.table
    assert held.array[at.REGIME_COUNT] == 2
    for r, radius in enumerate(found[1]):
        here = table + at.REGIME_STRIDE * r
        assert (held.array[here + at.RADIUS], held.array[here + at.FIRST_SEEN]) == (radius, at.KNOWN)
        assert held.array[here + at.LAST_SEEN] == -1
        assert held.regimes.prototypes[r * SIZE : (r + 1) * SIZE].tolist() == found[0][r].tolist()


def test_shipped_regimes_take_the_place_of_those_that_were_there():
    first = regimes.shipped(PLAN, None, find(visits(*[(0, 25), (1, 10), (2, 7)] * 4)))
    found = find(visits((3, 50)))
    again = Reference(PLAN.for_device(), regimes.shipped(PLAN, first, found), 0)
    assert again.array[at.REGIME_COUNT] == 1
    assert again.regimes.prototypes[:SIZE].tolist() == found[0][0].tolist()
    fresh = Reference(PLAN.for_device(), first, 0)
    for name in (at.ASKED, at.BEYOND, at.RISE):
        assert again.array[name] == fresh.array[name] == 0


def test_a_site_begins_with_the_shipped_regimes():
    shipped = regimes.shipped(PLAN, None, find(visits(*[(0, 25), (1, 10)] * 6)))
    begun = Reference(PLAN.for_device(), shipped, 200)
    assert not begun.ready()
    assert begun.array[at.REGIME_COUNT] == 2
