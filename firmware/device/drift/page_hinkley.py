"""The Page-Hinkley test, two-sided (Hinkley, "Inference about the change-point from cumulative sum tests", Biometrika
58, 1971): CUSUM about the number's own running mean, for one whose level nobody has said.

The mean of the first 2**SHIFT updates is their own, as near as halving steps come; then it moves by a 2**SHIFT-th of
the way. Bounds: |mean| <= 2**19 in Q16.
"""

from ..compat import const
from ..layout import MOST_AWAY
from .cusum import Cusum

_SHIFT = const(8)
_LONGEST = const(536870911)
_MEAN = const(4)
_SEEN = const(5)


class PageHinkley(Cusum):
    """``state``: int32[6], Cusum's, the mean, Q16, and the updates it is made of."""

    SIZE = 6

    def __init__(self, slack=64, limit=5120):
        Cusum.__init__(self, slack, limit)

    def update(self, x):
        state = self.state
        x = max(-MOST_AWAY, min(x, MOST_AWAY))
        away = x - (state[_MEAN] >> 8)
        shift = 0
        while shift < _SHIFT and state[_SEEN] >> shift:
            shift += 1
        state[_MEAN] += ((x << 8) - state[_MEAN]) >> shift
        if state[_SEEN] < _LONGEST:
            state[_SEEN] += 1
        return Cusum.update(self, away)
