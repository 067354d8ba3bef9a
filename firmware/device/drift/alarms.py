"""Numbers that may drift, each with a CUSUM of its own: said once when one has gone too far for too long, and once more
when it is as usual again.

What a number is and how far is too far is its owner's affair: a step in Q8 away from what is usual, above 0 beyond it.
The sum of steps above 16 is an alarm; from then on the steps back count, and above 16 of those it is over.
"""

from array import array

from ..compat import const, micropython
from .cusum import Cusum

_ALARM = const(4096)  # Q8
_FAR = const(0)
_HARD = const(1)
_COUNTS = const(2)

# What has drifted
OF_VERDICTS = const(0)
OF_LEVEL = const(1)
OF_WIDTH = const(2)
OF_REGIMES = const(3)
OF_SCORE = const(4)


def size(n):
    """Bytes that the parts of so many numbers take."""
    return n * (1 + 4 * _COUNTS + 4 * Cusum.SIZE)


class Alarms:
    """Of ``n`` numbers, looked at every ``every`` windows. ``changed``: of each whether it has been said; ``counts``:
    the looks at which it was beyond since its change began, and those of them with hard evidence of a fault."""

    def __init__(self, writer, n, every):
        self._writer = writer
        self._every = every
        self._detectors = [Cusum(0, _ALARM, False) for _ in range(n)]
        self.changed = bytearray(n)
        self.counts = array("i", bytes(4 * _COUNTS * n))

    def parts(self):
        """What goes on after a reset: (array, bytes) of each."""
        found = [(self.changed, len(self.changed)), (self.counts, 4 * len(self.counts))]
        for detector in self._detectors:
            found.append((detector.state, 4 * Cusum.SIZE))
        return found

    @micropython.native
    def look(self, i, step, hard, verdict, what, of, far):
        """One look at number i, which is ``far`` (frames.md has the unit) from usual: ``step``, Q8. It is called
        ``what`` of ``of``."""
        detector = self._detectors[i]
        counts = self.counts
        at = _COUNTS * i
        alarm = detector.update(-step if self.changed[i] else step)
        if step > 0:
            counts[at + _FAR] += 1
            counts[at + _HARD] += hard
        if alarm:
            self.changed[i] ^= 1
            self._say(i, verdict, what, of, far)
            detector.reset()
        if not detector.since():
            counts[at + _FAR] = counts[at + _HARD] = 0

    def settle(self, i, verdict, what, of, far):
        """What has changed counts as usual from now on."""
        if self.changed[i]:
            self.changed[i] = 0
            self._say(i, verdict, what, of, far)
        self._detectors[i].reset()
        self.counts[_COUNTS * i + _FAR] = self.counts[_COUNTS * i + _HARD] = 0

    def _say(self, i, verdict, what, of, far):
        writer = self._writer
        at = _COUNTS * i
        looked = self._detectors[i].since()
        writer.begin(b"drift")
        writer.pair(b"t", verdict.seconds, verdict.millis)
        writer.number(b"of", of)
        writer.number(b"changed", self.changed[i])
        writer.number(b"since", max(looked - 1, 0) * self._every)
        writer.number(b"looked", looked)
        writer.number(b"failed", self.counts[at + _FAR])
        writer.number(b"hard", self.counts[at + _HARD])
        if what:
            writer.number(b"what", what)
            writer.number(b"far", far)
        writer.end()
