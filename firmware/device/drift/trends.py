"""Drift that no verdict shows yet: where the followed band lies and how wide it is, against the commissioned one; how
far the windows lie from the known regimes; how near the scores come to failing.

Each is a notice (alarms.py): it fails no window, and begins no adaptation. Every fourth of the windows that share no
sample is looked at, and counts for four. What is too far:

  level    half a commissioned width from the commissioned band
  width    half an octave wider or narrower than it
  regimes  half of a regime's limit, as its dimension's value has it
  score    half of the way to the classifier's threshold from where its level usually is, the mean of its first 16 looks
"""

from array import array

from ..compat import const
from ..layout import COMMISSIONING, HI, HI0, LO, LO0, NO_DATA, REF_HEAD, REF_STRIDE, WIDTH0_LOG, WIDTH_LOG
from .alarms import OF_LEVEL, OF_REGIMES, OF_SCORE, OF_WIDTH, Alarms
from .alarms import size as alarms_size

_HALF = const(128)  # Q8
_MOST = const(384)  # how far a look counts: a quarter of an alarm and no more
_FOURTH = const(4)
_BASE = const(0)
_SEEN = const(1)
_USUAL = const(2)
_LOOKS = const(16)
_FARTHEST = const(268435455)  # 2**28 - 1: of a level


def column_of(plan):
    """The column of the regime dimension; -1: there is none."""
    modules = plan["modules"]
    for k, (_, cells) in enumerate(plan["columns"]):
        for cell in cells:
            module, _, _, _ = plan["cells"][cell]
            if modules[module] == "regime":
                return k
    return -1


def _numbers(plan, classifiers):
    return 2 * len(plan["channels"]) + (column_of(plan) >= 0) + classifiers


def size(plan, classifiers):
    """Bytes that its parts take."""
    return alarms_size(_numbers(plan, classifiers)) + 4 * _USUAL * classifiers


class Trends:
    """Reads verdicts of a gate with that ``reference``; ``watch``: the one beside it, which knows hard evidence.

    Its numbers: level and width of each channel, regimes where the plan has them, each classifier's score. ``usual``
    int32[n_classifiers * 2]: of each its usual level, and from how many looks. ``left``: windows until
    the next look.
    """

    def __init__(self, writer, plan, ring, reference, watch):
        self._reference = reference
        self._watch = watch
        self._every = (ring.length + ring.hop - 1) // ring.hop * _FOURTH
        self.left = 0
        self._column = column_of(plan)
        n = reference.n_classifiers
        self.alarms = Alarms(writer, _numbers(plan, n), self._every)
        self.usual = array("i", bytes(4 * _USUAL * n))

    def parts(self):
        """What goes on after a reset: (array, bytes) of each."""
        return self.alarms.parts() + [(self.usual, 4 * len(self.usual))]

    def resume(self):
        """After a reset; its sums go on."""

    def take(self, verdict):
        if verdict.why == COMMISSIONING:
            return
        self.left -= 1
        if self.left > 0 or verdict.why == NO_DATA:
            return
        self.left = self._every
        hard = self._watch.hard()
        a = self._reference.array
        c = i = 0
        while c < self._reference.n_channels:
            at = REF_HEAD + c * REF_STRIDE
            self._look(i, _away(a, at), hard, verdict, OF_LEVEL, c)
            self._look(i + 1, abs(a[at + WIDTH_LOG] - a[at + WIDTH0_LOG]) >> 6, hard, verdict, OF_WIDTH, c)
            c += 1
            i += 2
        if self._column >= 0:
            self._look(i, verdict.values[self._column], hard, verdict, OF_REGIMES, 0)
            i += 1
        c = 0
        while c < self._reference.n_classifiers:
            self._score(i, c, verdict, hard)
            c += 1
            i += 1

    def _look(self, i, far, hard, verdict, what, of):
        self.alarms.look(i, _FOURTH * (min(far, _MOST) - _HALF), hard, verdict, what, of, far)

    def _score(self, i, c, verdict, hard):
        usual = self.usual
        at = _USUAL * c
        level = max(-_FARTHEST, min(verdict.levels[c], _FARTHEST))
        if usual[at + _SEEN] < _LOOKS:
            usual[at + _SEEN] += 1
            usual[at + _BASE] += (level - usual[at + _BASE]) // usual[at + _SEEN]
            return
        base = usual[at + _BASE]
        span = max(min(self._reference.threshold(c), _FARTHEST) - base, 1)
        way = max(0, min(level - base, 4 * span if span < 1 << 26 else _FARTHEST))
        while span >= 1 << 18:
            span >>= 1
            way >>= 1
        self._look(i, (way << 8) // span, hard, verdict, OF_SCORE, c)

    def settle(self):
        """Another reference judges: what is usual has to be learned anew."""
        for k in range(len(self.usual)):
            self.usual[k] = 0
        self.left = 0


def _away(a, at):
    """How far the middle of the band lies from that of the commissioned one, Q8 of its width. Q2 counts are below
    2**18, 16 widths below 2**12."""
    low, high = a[at + LO0] >> 12, a[at + HI0] >> 12
    width = max(high - low, 1)
    way = abs((a[at + LO] >> 12) + (a[at + HI] >> 12) - low - high) >> 1
    return (min(way, 16 * width) << 8) // width
