"""A reference beside the live one: it measures the same windows by itself, is commissioned on them, judges them by the
gate's own networks, and nobody hears it.

Everything is made here, at the start; a window allocates nothing. Of a window's statistics only the histograms depend
on a reference: the others are the gate's.
"""

from array import array

from ..judging.verdict import Verdict
from ..kernels import rebin as kernel
from ..layout import (
    ADAPT_HEAD,
    ANCHOR_HI,
    ANCHOR_LO,
    ANCHOR_STRIDE,
    HEAD,
    HI0,
    LIMIT_STRIDE,
    LO0,
    Q90,
    Q99,
    READ_BINS,
    READY,
    REF_HEAD,
    REF_STRIDE,
    STRIDE,
)
from ..reference.commissioning import Commissioning
from ..reference.reference import Reference


def copy(there, here):
    """All numbers of one array into another."""
    for i in range(len(here)):
        there[i] = here[i]


class Kept:
    """The numbers of a reference, without what uses them: ``array`` int32 and ``prototypes`` int16, as it has them, and
    of the last layers that were taught beside it."""

    def __init__(self, reference, heads):
        self._heads = heads
        self._states = [array("i", state) for state in heads.states]
        self.array = array("i", reference.array)
        self.prototypes = array("h", reference.regimes.prototypes if reference.regimes else bytes(0))

    def parts(self):
        parts = [(self.array, 4 * len(self.array)), (self.prototypes, 2 * len(self.prototypes))]
        return parts + [(state, 4 * len(state)) for state in self._states]

    def take(self, reference):
        """As that one is now."""
        copy(self.array, reference.array)
        if reference.regimes:
            copy(self.prototypes, reference.regimes.prototypes)
        for k in range(len(self._states)):
            copy(self._states[k], self._heads.states[k])

    def give(self, reference):
        """That one as this is, but for the last layers."""
        copy(reference.array, self.array)
        if reference.regimes:
            copy(reference.regimes.prototypes, self.prototypes)

    def exchange(self, reference):
        _exchange(self.array, reference.array)
        if reference.regimes:
            _exchange(self.prototypes, reference.regimes.prototypes)
        for k in range(len(self._states)):
            _exchange(self._states[k], self._heads.states[k])
        self._heads.resume()


def _exchange(one, other):
    for i in range(len(one)):
        one[i], other[i] = other[i], one[i]


class Shadow:
    """Beside ``gate``'s reference. ``windows``: that it is commissioned on.

    ``reference``: its own, ``verdict``: what it says of the last window, ``vector``: the same by bits.
    """

    def __init__(self, plan, gate, windows, heads):
        self._heads = heads
        self._ring = gate.ring
        self._scan = gate.scan
        self._dimensions = gate.dimensions
        self._classifiers = gate.classifiers
        self._live = gate.reference
        self.reference = _beside(plan, gate.reference)
        self.stats = array("i", gate.scan.stats)
        self.verdict = Verdict(array("h", gate.dimensions.values), gate.classifiers.features())
        self.vector = 0
        self._bins = plan["reads"] & READ_BINS
        self._learning = Commissioning(self.reference, windows, plan["reference"]["reach_q12"], True)

    def begin_learning(self):
        """A blank one of this site: partners, limits and regimes as the live one has them, the rest to be learned."""
        live = self._live
        ref = self.reference
        copy(ref.array, live.array)
        for k in range(ref.n_classifiers):
            ref.pull_threshold(k, ref.trained_threshold(k))
        if ref.regimes:
            copy(ref.regimes.prototypes, live.regimes.prototypes)
            ref.regimes.start_over()
        ref.array[READY] = 0
        self._learning.begin()

    def measure(self):
        """The window that the gate has just judged."""
        stats = self.stats
        ring = self._ring
        reference = self.reference
        kernel.copy(stats, self._scan.stats, len(stats))
        c = 0
        n = ring.n_channels if self._bins else 0
        while c < n:
            rat = REF_HEAD + c * REF_STRIDE
            kernel.rebin(ring.counts, c * ring.length, ring.length, reference.array, rat, stats, HEAD + c * STRIDE)
            c += 1
        self._dimensions.fill_again(stats, reference, self.verdict.values)

    def judge(self):
        """Bit i set: classifier i passes by this reference, as training made it: labels spoke of the live one."""
        self._heads.lay(False)
        self.vector = self._classifiers.judge(self.verdict, self._classifiers.no_data(self.stats), self.reference)
        self._heads.lay(True)
        return self.vector

    def learn(self):
        """Takes one window for its commissioning; true when that was the last."""
        ref = self.reference
        if ref.regimes:
            ref.regimes.count()
        levels = None
        if self._learning.silent():
            self.judge()
            levels = self.verdict.levels
        if not self._learning.take(self._ring, self.stats, levels):
            return False
        ref.array[READY] = 1
        return True

    def agree(self):
        """Whether both halves of the learning have the same bands."""
        return self._learning.agree()

    def bound_limits(self, octaves):
        """A limit lies between the live one, which more windows have made, and so many octaves, Q24, above it; from q90
        to q99 it is as far as it was, at least: few windows say nothing of a tail."""
        ref = self.reference
        live = self._live.array
        for k in range(ref.n_limits):
            at = ref.limits + LIMIT_STRIDE * k
            q90 = max(ref.array[at + Q90], live[at + Q90])
            ref.set_limit(k, max(ref.array[at + Q99], q90 + live[at + Q99] - live[at + Q90]), q90)
        bound_limits(ref, live, octaves)

    def follow(self):
        self.reference.follow(self.stats)

    def hand_over(self):
        """The live reference becomes as this one, and the window just judged counts as measured by it."""
        live = self._live
        copy(live.array, self.reference.array)
        copy(live.logs, self.reference.logs)
        copy(self._scan.stats, self.stats)
        if live.regimes:
            live.regimes.take(self.reference.regimes)


def _beside(plan, live):
    """Another reference of the plan; what says how it is kept is the live one's."""
    reference = Reference(plan, None, 0)
    reference.cells = live.cells
    reference.floors = live.floors
    reference.ceilings = live.ceilings
    reference.in_worst = live.in_worst
    reference.worst = live.worst
    return reference


def bound_limits(reference, earlier, octaves):
    """No limit is more than so many octaves, Q24, above what the array of an ``earlier`` reference has."""
    a = reference.array
    for k in range(reference.n_limits):
        at = reference.limits + LIMIT_STRIDE * k
        most = earlier[at + Q99] + octaves
        if a[at + Q99] > most:
            reference.set_limit(k, most, min(a[at + Q90], most))


def too_far(reference, state, widths):
    """True when a channel's band lies more than ``widths`` (Q4, below 2**10) of the commissioned band's width from it,
    or is so many times as wide or as narrow. ``state``: the cycle's, which holds the edges first commissioned. Here
    they are Q2 counts, below 2**18.
    """
    a = reference.array
    for c in range(reference.n_channels):
        at = REF_HEAD + c * REF_STRIDE
        first = ADAPT_HEAD + ANCHOR_STRIDE * c
        low, high = state[first + ANCHOR_LO] >> 12, state[first + ANCHOR_HI] >> 12
        here, there = a[at + LO0] >> 12, a[at + HI0] >> 12
        was, width = high - low, there - here
        most = was * widths >> 4
        if abs(here + there - low - high) >> 1 > most or width > most or width * widths >> 4 < was:
            return True
    return False
