"""CUSUM, two-sided (Page, "Continuous inspection schemes", Biometrika 41, 1954).

up = max(0, up + x - slack), down = max(0, down - x - slack); an alarm where one exceeds ``limit``. With half a standard
deviation of slack and a limit of twelve two false alarms in a million are to be expected (Siegmund 1985).

Bounds: a sum lies within 0 .. MOST = 2**24 and moves by |x| + slack < 2**13.
"""

from array import array

from ..compat import const, micropython
from ..layout import MOST_AWAY

_MOST = const(16777216)
_LONGEST = const(536870911)
_UP = const(0)
_DOWN = const(1)
_AGO = const(2)  # behind each sum: updates since it was last 0


class Cusum:
    """``slack`` and ``limit``: Q8 standard deviations, below 2**12 and 2**23. ``both``: a way down is a change, too.

    ``state``: int32[4], the sums up and down, Q8, and for each the updates since it was last 0.
    """

    SIZE = 4

    def __init__(self, slack=128, limit=3072, both=True):
        self.state = array("i", [0] * self.SIZE)
        self.drift_detected = False
        self._slack = slack
        self._limit = limit
        self._both = both

    def update(self, x):
        x = max(-MOST_AWAY, min(x, MOST_AWAY))
        up = self._add(_UP, x)
        down = self._both and self._add(_DOWN, -x)
        self.drift_detected = up or down
        return self.drift_detected

    @micropython.native
    def _add(self, side, x):
        state = self.state
        total = state[side] + x - self._slack
        if total <= 0:
            state[side] = state[side + _AGO] = 0
            return False
        state[side] = total if total < _MOST else _MOST
        if state[side + _AGO] < _LONGEST:
            state[side + _AGO] += 1
        return total > self._limit

    def since(self):
        """Updates since the larger sum was last 0: how long ago the change began."""
        state = self.state
        return state[_AGO + (_DOWN if state[_DOWN] > state[_UP] else _UP)]

    def reset(self):
        for i in range(len(self.state)):
            self.state[i] = 0
        self.drift_detected = False
