"""Drift alarms: a classifier that keeps failing is said once, and once more when it passes again.

Each has a CUSUM over its verdicts: a failure adds 4, a pass takes 1 away, and above 16 something has changed; from then
on a pass adds 1, a failure takes 4 away, and above 16 it is over. Windows that share no sample are looked at, one in
ceil(length / hop). Hard evidence, that is missing, invalid, railed or stuck samples, speaks for a fault; of
everything else the board says that it has changed, and does not pretend to know whether that is good.
"""

from array import array

from ..compat import const, micropython
from ..layout import COMMISSIONING, HEAD, OUTSIDE, RAILED, RUN, STRIDE, VALID
from .cusum import Cusum

_FAIL = const(1024)  # Q8
_PASS = const(256)
_ALARM = const(4096)
_FAILED = const(0)
_HARD = const(1)
_COUNTS = const(2)


def size(classifiers):
    """Bytes that the parts of a watch take."""
    return classifiers * (1 + 4 * _COUNTS + 4 * Cusum.SIZE)


class Watch:
    """Reads verdicts of a gate with that ``ring`` and ``stats``, and writes the frames; docs/frames.md lists the keys.

    ``changed``: for each classifier whether it has been said; ``counts``: of each, failures since its change began, and
    of those with hard evidence.
    """

    def __init__(self, writer, ring, stats, n_classifiers):
        self._writer = writer
        self._length = ring.length
        self._stats = stats
        self._stats_end = HEAD + ring.n_channels * STRIDE
        self._every = (ring.length + ring.hop - 1) // ring.hop
        self._left = 0
        self._detectors = [Cusum(0, _ALARM, False) for _ in range(n_classifiers)]
        self.changed = bytearray(n_classifiers)
        self.counts = array("i", bytes(4 * _COUNTS * n_classifiers))

    def parts(self):
        """What goes on after a reset: (array, bytes) of each."""
        found = [(self.changed, len(self.changed)), (self.counts, 4 * len(self.counts))]
        for detector in self._detectors:
            found.append((detector.state, 4 * Cusum.SIZE))
        return found

    def resume(self):
        """After a reset; its sums go on."""

    def take(self, verdict):
        if verdict.why == COMMISSIONING:
            return
        self._left -= 1
        if self._left > 0:
            return
        self._left = self._every
        hard = self.hard()
        i = 0
        n = len(self.changed)
        while i < n:
            self._look(i, verdict, hard)
            i += 1

    @micropython.native
    def _look(self, i, verdict, hard):
        failed = not verdict.passes[i]
        detector = self._detectors[i]
        counts = self.counts
        at = _COUNTS * i
        x = _FAIL if failed else -_PASS
        alarm = detector.update(-x if self.changed[i] else x)
        if failed:
            counts[at + _FAILED] += 1
            counts[at + _HARD] += hard
        if alarm:
            self.changed[i] ^= 1
            self._say(i, verdict)
            detector.reset()
        if not detector.since():
            counts[at + _FAILED] = counts[at + _HARD] = 0

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
            if self.changed[i]:
                self.changed[i] = 0
                self._say(i, verdict)
            self._detectors[i].reset()
            self.counts[_COUNTS * i + _FAILED] = self.counts[_COUNTS * i + _HARD] = 0
        self._left = 0

    def _say(self, i, verdict):
        writer = self._writer
        at = _COUNTS * i
        looked = self._detectors[i].since()
        writer.begin(b"drift")
        writer.pair(b"t", verdict.seconds, verdict.millis)
        writer.number(b"of", i)
        writer.number(b"changed", self.changed[i])
        writer.number(b"since", max(looked - 1, 0) * self._every)
        writer.number(b"looked", looked)
        writer.number(b"failed", self.counts[at + _FAILED])
        writer.number(b"hard", self.counts[at + _HARD])
        writer.end()
