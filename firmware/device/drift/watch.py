"""Drift alarms: a classifier that keeps failing is said once, and once more when it passes again.

A failure adds 4 to a classifier's sum, a pass takes 1 away (alarms.py). Windows that share no sample are looked at, one
in ceil(length / hop). Hard evidence, that is missing, invalid, railed or stuck samples, speaks for a fault; of
everything else the board says that it has changed, and does not pretend to know whether that is good.
"""

from ..compat import const, micropython
from ..layout import COMMISSIONING, HEAD, OUTSIDE, RAILED, RUN, STRIDE, VALID
from .alarms import OF_VERDICTS, Alarms

_FAIL = const(1024)  # Q8
_PASS = const(256)


class Watch:
    """Reads verdicts of a gate with that ``ring`` and ``stats``, and writes the frames; docs/frames.md lists the keys.

    ``changed``: for each classifier whether it has been said; ``counts``: as Alarms has them.
    ``left``: windows until the next look.
    """

    def __init__(self, writer, ring, stats, n_classifiers):
        self._length = ring.length
        self._stats = stats
        self._stats_end = HEAD + ring.n_channels * STRIDE
        self._every = (ring.length + ring.hop - 1) // ring.hop
        self.left = 0
        self._alarms = Alarms(writer, n_classifiers, self._every)
        self.changed = self._alarms.changed
        self.counts = self._alarms.counts

    def parts(self):
        """What goes on after a reset: (array, bytes) of each."""
        return self._alarms.parts()

    def resume(self):
        """After a reset; its sums go on."""

    def take(self, verdict):
        if verdict.why == COMMISSIONING:
            return
        self.left -= 1
        if self.left > 0:
            return
        self.left = self._every
        hard = self.hard()
        i = 0
        n = len(self.changed)
        while i < n:
            self._alarms.look(i, -_PASS if verdict.passes[i] else _FAIL, hard, verdict, OF_VERDICTS, i, 0)
            i += 1

    @micropython.native
    def hard(self):
        """1 where more than an eighth of a channel's samples are missing, invalid or at the rails, or it is stuck for
        three windows: the rule by which the reference stops following (bands.py), and rails."""
        stats = self._stats
        length = self._length
        at = HEAD
        while at < self._stats_end:
            if (
                (length - stats[at + VALID]) * 8 > length
                or stats[at + OUTSIDE] * 8 > length
                or stats[at + RAILED] * 8 > length
                or stats[at + RUN] >= 3 * length
            ):
                return 1
            at += STRIDE
        return 0

    def settle(self, verdict):
        """Whatever has changed counts as usual from now on."""
        for i in range(len(self.changed)):
            self._alarms.settle(i, verdict, OF_VERDICTS, i, 0)
        self.left = 0
