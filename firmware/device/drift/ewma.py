"""The EWMA chart, two-sided (Roberts, "Control chart tests based on geometric moving averages", Technometrics 1, 1959).

mean += (x - mean) / 2**shift; an alarm where it lies more than ``limit`` from 0. A standard deviation of the mean is
sqrt(w / (2 - w)) with w = 2**-shift; by default w = 1/32 and the limit 4.8 of them.

Bounds: |mean| <= 2**19 in Q16, as |x| <= 2**11 in Q8; the difference stays below 2**20.
"""

from array import array

from ..compat import const
from ..layout import MOST_AWAY

_LONGEST = const(536870911)
_MEAN = const(0)
_AGO = const(1)


class Ewma:
    """``shift``: 1 to 8. ``limit``: Q16 standard deviations of x, below 2**19.

    ``state``: int32[2], the mean, Q16, and the updates since its sign changed.
    """

    def __init__(self, shift=5, limit=39633):
        self.state = array("i", (0, 0))
        self.drift_detected = False
        self._shift = shift
        self._limit = limit

    def update(self, x):
        x = max(-MOST_AWAY, min(x, MOST_AWAY))
        state = self.state
        before = state[_MEAN]
        mean = before + (((x << 8) - before) >> self._shift)
        state[_MEAN] = mean
        if (mean < 0) != (before < 0) or not mean:
            state[_AGO] = 0
        elif state[_AGO] < _LONGEST:
            state[_AGO] += 1
        self.drift_detected = mean > self._limit or -mean > self._limit
        return self.drift_detected

    def since(self):
        """Updates since the mean was last on the other side."""
        return self.state[_AGO]

    def reset(self):
        self.state[_MEAN] = self.state[_AGO] = 0
        self.drift_detected = False
