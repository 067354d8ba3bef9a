"""Regimes of a site, found by commissioning: which become known, which stay candidates, and what is none."""

from array import array

import numpy as np
import pytest
from motegate.firmware.device import layout as at
from motegate.firmware.device.reference.prototypes import Prototypes
from motegate.firmware.device.reference.reference import Reference

from .. import streams

pytestmark = pytest.mark.unit

PLAN = streams.plan(16, 8, 1)
APART = 4
NEAR = 40  # how far signatures of one way to run lie apart, at most, in each entry


class Site:
    """Windows that run in ways ``A``, ``B``, ..., a letter a window."""

    def __init__(self, trained: str = ""):
        self.reference = Reference(PLAN.for_device(), None, 0)
        self.regimes = self.reference.regimes
        self.random = np.random.default_rng(0)
        size = self.regimes.size
        self.ways = {way: self.random.integers(-8000, 8000, size) for way in "ABCDEFGHIJKL"}
        for way in trained:
            self.regimes.add(array("h", self.ways[way].tolist()), 0, 2 * NEAR * size, at.KNOWN)
        self.trained = len(trained)

    def commissioned(self, run: str) -> dict[str, int]:
        """The regimes that were found, and when each was first seen (at.KNOWN: it is known)."""
        found = Prototypes(self.reference, len(run))
        for w, way in enumerate(run):
            self.reference.array[at.REGIME_WINDOW] = w
            near = self.ways[way] + self.random.integers(-NEAR, NEAR + 1, self.regimes.size)
            self.regimes.signature[:] = array("h", near.tolist())
            found.take()
        found.find(APART)
        return {self._way(r): self.entry(r, at.FIRST_SEEN) for r in range(self.trained, self.count)}

    @property
    def count(self) -> int:
        return self.reference.array[at.REGIME_COUNT]

    def entry(self, regime: int, key: int) -> int:
        return self.reference.array[self.regimes.table + at.REGIME_STRIDE * regime + key]

    def _way(self, regime: int) -> str:
        size = self.regimes.size
        prototype = np.array(self.regimes.prototypes[regime * size : (regime + 1) * size])
        return min(self.ways, key=lambda way: np.abs(self.ways[way] - prototype).sum())


def test_the_usual_way_and_what_is_visited_twice_are_known_and_a_single_visit_is_a_candidate():
    found = Site().commissioned("AAAAAAAABBBBBAAAACCCCAAAABBBBAAAAAAAAA")
    assert found == {"A": at.KNOWN, "B": at.KNOWN, "C": 17}


def test_a_second_visit_that_shares_a_sample_with_the_first_is_none():
    assert Site().commissioned("AAAAAAAAAABBABAAAAAAAAAA") == {"A": at.KNOWN, "B": 10}


def test_a_window_without_company_is_no_regime():
    assert Site().commissioned("AAAAAAAABAAAAAAAACCAAAAAAAAA") == {"A": at.KNOWN}


def test_what_lies_inside_a_trained_regime_is_that_ones():
    site = Site(trained="AB")
    assert site.commissioned("AAAABBBBAAAABBBBCCCCAAAACCCCAAAA") == {"C": at.KNOWN}


def test_a_radius_covers_its_own_windows():
    site = Site()
    site.commissioned("AAAAAAAABBBBBAAAACCCCAAAABBBBAAAAAAAAA")
    for regime in range(site.count):
        assert 0 < site.entry(regime, at.RADIUS) <= 2 * NEAR * site.regimes.size


def test_at_most_eight_are_found_beside_the_trained_ones_and_none_has_another_ones_slot():
    site = Site(trained="AB")
    found = site.commissioned("".join(way * 4 for way in "ACDEFGHIJKLA"))
    assert len(found) == site.count - 2 == 8


def test_of_a_long_stretch_signatures_spread_over_it_are_kept():
    run = "A" * 400 + "B" * 100 + "A" * 400 + "B" * 100
    assert Site().commissioned(run) == {"A": at.KNOWN, "B": at.KNOWN}
