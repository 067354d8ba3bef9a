"""Says which regimes are known: a frame of its own where the plan has them, since a verdict only names one by number.

It comes behind hello, again when commissioning has ended and when a regime was absorbed, and every 64 windows, so that
whoever listens later learns when each was seen. It is one more reader of verdicts.
"""

from ..compat import const
from ..layout import (
    ABSORBED_WHY,
    COMMISSIONING,
    FIRST_SEEN,
    LAST_SEEN,
    RADIUS,
    REGIME_COUNT,
    REGIME_STRIDE,
    REGIME_WINDOW,
)

_OFTEN = const(64)  # windows between two


class Roster:
    """Writes the frame of the regimes of ``reference``, a Reference that has them; docs/frames.md lists its keys.

    ``due``: windows until it says so again; ``commissioning``: the window before was."""

    def __init__(self, writer, reference):
        self._writer = writer
        self._array = reference.array
        self._table = reference.regimes.table
        self.commissioning = True
        self.due = _OFTEN

    def take(self, verdict):
        commissioning = verdict.why == COMMISSIONING
        self.due -= 1
        if self.due <= 0 or verdict.why == ABSORBED_WHY or commissioning != self.commissioning:
            self.say()
        self.commissioning = commissioning

    def say(self):
        a = self._array
        writer = self._writer
        self.due = _OFTEN
        writer.begin(b"regimes")
        writer.number(b"window", a[REGIME_WINDOW])
        n = a[REGIME_COUNT]
        writer.numbers(b"radius", a, self._table + RADIUS, n, REGIME_STRIDE)
        writer.numbers(b"seen", a, self._table + LAST_SEEN, n, REGIME_STRIDE)
        writer.numbers(b"candidate", a, self._table + FIRST_SEEN, n, REGIME_STRIDE)
        writer.end()
