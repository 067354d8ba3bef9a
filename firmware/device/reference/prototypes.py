"""Regimes of a site, found by commissioning: greedy k-centre over signatures spread over its third quarter.

At most 48 signatures are kept. The first centre is the one with the least distance to all others, the next each time
the farthest from all centres that has two others within half of that distance (Gonzalez 1985, with support); a regime's
radius is the largest distance of its own. What lies inside a trained regime's radius is that regime's. Once they are
found the board forgets this module.
"""

from array import array

from ..compat import const
from ..kernels import regimes as kernel
from ..layout import (
    KNOWN,
    LAST_SEEN,
    MOST_REGIMES,
    RADIUS,
    REGIME_COUNT,
    REGIME_STRIDE,
    REGIME_WINDOW,
    SMALLEST_RADIUS,
)

_KEPT = const(48)
_MOST = const(8)  # of the site's own
_SUPPORT = const(2)
_FAR = const(0x3FFFFFFF)


class Prototypes:
    """What is kept of ``windows`` windows; ``apart``: in how many windows none shares a sample with the first twice."""

    def __init__(self, reference, windows):
        self._reference = reference
        self._regimes = reference.regimes
        self._every = (windows + _KEPT - 1) // _KEPT
        self.begin()
        self._signatures = array("h", bytes(2 * _KEPT * self._regimes.size))
        self._windows = array("i", bytes(4 * _KEPT))

    def begin(self):
        self._seen = self._n = 0

    def take(self):
        """One window's signature."""
        if self._seen % self._every == 0 and self._n < _KEPT:
            size = self._regimes.size
            kernel.blend(self._signatures, self._n * size, self._regimes.signature, size, 0)
            self._windows[self._n] = self._reference.array[REGIME_WINDOW]
            self._n += 1
        self._seen += 1

    def find(self, apart):
        """Adds the site's regimes to the reference's. ``apart``: windows between two visits that make one known."""
        n = self._n
        reach = array("i", [_FAR] * n)
        centre = array("h", [-1] * n)  # -1: a trained regime's
        self._cover(reach)
        centres = []
        if not self._reference.array[REGIME_COUNT]:
            centres.append(self._middle())
            self._assign(0, centres[0], reach, centre)
        while len(centres) < _MOST:
            farthest = self._farthest(reach)
            if farthest < 0:
                break
            centres.append(farthest)
            self._assign(len(centres) - 1, farthest, reach, centre)
        self._add(centres, reach, centre, apart)

    def _between(self, i, j):
        size = self._regimes.size
        return kernel.distance(self._signatures, i * size, self._signatures, j * size, size)

    def _cover(self, reach):
        """Distances to the trained regimes; 0 inside a radius."""
        a = self._reference.array
        size = self._regimes.size
        for i in range(self._n):
            for r in range(a[REGIME_COUNT]):
                away = kernel.distance(self._signatures, i * size, self._regimes.prototypes, r * size, size)
                if away <= a[self._regimes.table + REGIME_STRIDE * r + RADIUS]:
                    away = 0
                reach[i] = min(reach[i], away)

    def _middle(self):
        best, least = 0, _FAR
        for i in range(self._n):
            total = 0
            for j in range(self._n):
                total += self._between(i, j) >> 5
            if total < least:
                best, least = i, total
        return best

    def _farthest(self, reach):
        """The farthest that has company; -1: none."""
        found = -1
        for i in range(self._n):
            if reach[i] > (reach[found] if found >= 0 else SMALLEST_RADIUS):
                company = 0
                for j in range(self._n):
                    if j != i and 2 * self._between(i, j) < reach[i]:
                        company += 1
                if company >= _SUPPORT:
                    found = i
        return found

    def _assign(self, number, i, reach, centre):
        for j in range(self._n):
            away = self._between(i, j)
            if away < reach[j]:
                reach[j] = away
                centre[j] = number

    def _full(self):
        """True when each of the most regimes there may be has been visited."""
        a = self._reference.array
        if a[REGIME_COUNT] < MOST_REGIMES:
            return False
        return a[self._regimes.table + REGIME_STRIDE * self._regimes.longest_unseen() + LAST_SEEN] >= 0

    def _add(self, centres, reach, centre, apart):
        size = self._regimes.size
        total = 0
        for j in range(self._n):
            total += min(reach[j], 0xFFFFFF) >> 2
        usual = total // max(1, self._n)  # a quarter of the mean distance
        for number, i in enumerate(centres):
            if self._full():
                return  # those that the site has visited stay
            radius = first = 0
            last = -1
            known = number == 0 and not self._reference.array[REGIME_COUNT]
            away_since = False
            for j in range(self._n):
                if centre[j] == number:
                    radius = max(radius, reach[j])
                    if last < 0:
                        first = self._windows[j]
                    elif away_since and self._windows[j] - first >= apart:
                        known = True
                    last = j
                elif last >= 0:
                    away_since = True
            self._regimes.add(self._signatures, i * size, max(radius, usual), KNOWN if known else first)
