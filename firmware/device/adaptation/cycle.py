"""The cycle of an adaptation, one more reader of verdicts:

    CALM --alarm--> WAIT ----> BACK --does not fit--> LEARN ---> TRIAL --confirmed--> CALM, by the new reference
      ^             ^ |          |                     |  |        |
      |             | |       it fits                  |  |        +---refused---> REFUSED
      |             +-+----------|---- halves differ, too far, not passed ---+
      +------------ as before, or by the earlier reference

An alarm (drift/watch.py) says that a classifier keeps failing. After windows that may hold both ways of the process the
board asks whether the earlier reference, the one before the last that was taken over, fits again: if so it is taken
back, since somebody has confirmed it once. After a swap it asks that now and then without an alarm, too, since the new
reference may be wide enough for the old process. Else a shadow is commissioned on the next windows without hard
evidence of a fault, and then tried on others. It takes over when both halves of what it learned agree, when it passes
three quarters of its trial, when its limits and bands lie within the policy's bounds, and when that is confirmed as the
policy says. Else the board waits, longer each time. When the live reference passes again, all is as before.

A new regime is the smaller step and comes first: while one is asked about (reference/regimes.py), a confirmation makes
it known at once, in whatever phase, and the cycle goes on until the live reference passes.

The live reference goes on judging throughout. What it was before a swap is kept: ``rollback`` takes it back at once.
"""

from array import array

from ..compat import const, micropython
from ..layout import (
    ADAPT_ANCHORED,
    ADAPT_BOUND,
    ADAPT_CANARIES,
    ADAPT_CONFIRM,
    ADAPT_EARLIER,
    ADAPT_HEAD,
    ADAPT_LEARN,
    ADAPT_LEFT,
    ADAPT_LOOKS,
    ADAPT_OCTAVES,
    ADAPT_PASSED,
    ADAPT_PERMITTED,
    ADAPT_PHASE,
    ADAPT_QUORUM,
    ADAPT_STEPPED,
    ADAPT_SWAPS,
    ADAPT_TRIES,
    ADAPT_TRUSTED,
    ADAPT_WIDTHS,
    AFTER_ALARM,
    ANCHOR_HI,
    ANCHOR_LO,
    ANCHOR_STRIDE,
    ASKED,
    AT_ANY_TIME,
    BACK,
    BY_ITSELF,
    BY_LABELS,
    BY_OPERATOR,
    CALM,
    COMMISSIONING,
    HI0,
    LEARN,
    LO0,
    PERMIT_STEP,
    PERMIT_SWAP,
    REF_HEAD,
    REF_STRIDE,
    REFUSED,
    SIGNATURE_STRIDE,
    TRIAL,
    WAIT,
)
from .head import TOOK_OVER
from .heads import Heads
from .heads import size as heads_size
from .labels import AGAIN, COUNTED, KEPT, LATE, MOST, NOTED, TAUGHT, WORDS, Labels
from .shadow import Kept, Shadow, bound_limits, too_far

_SELDOM = const(8)  # looks at the earlier reference while all is calm: one in so many windows that share no sample
_ENOUGH = const(8)  # windows that share no sample
_LOOKS = const(8)
_MISSES = const(2)  # of the latter may fail
_SURE = const(16)  # without an alarm, so many, none of which may fail: a car comes on some evenings only
_OCTAVES = const(3)  # at most so many times twice as long is waited

# Why the phase is what it is
ALARM = const(0)
AS_BEFORE = const(1)
FITS_AGAIN = const(2)
FITS_NOT = const(3)
HALVES = const(4)
TOO_FAR = const(5)
LEARNED = const(6)
NOT_PASSED = const(7)
TAKEN_OVER = const(8)
LABELS_SAY_NO = const(9)
ROLLED_BACK = const(10)
REGIME_KNOWN = const(11)
HEAD_BETTER = const(12)  # a last layer that labels taught judges from now on
HEAD_WORSE = const(13)  # ... no longer


def size(plan, reference, networks, regimes):
    """Bytes that the parts of a cycle take beside a reference of so many bytes, with ``regimes`` or without.
    ``networks``: the classifiers'."""
    channels = len(plan["channels"])
    signature = 2 * channels * SIGNATURE_STRIDE if regimes else 0
    heads = 2 * heads_size(networks, plan["adapt"][ADAPT_BOUND])
    return reference + 4 * (ADAPT_HEAD + ANCHOR_STRIDE * channels) + 8 + signature + heads


class Cycle:
    """Adapts ``gate`` by the alarms of ``watch``; ``trends`` hear of a swap. ``plan["adapt"]``: int32[ADAPT_RULES]
    (layout.py).

    ``state``: int32[ADAPT_HEAD + n_channels * ANCHOR_STRIDE], what goes on after a reset with ``earlier`` and
    the labels' tally.
    """

    became = WORDS  # what ``label`` answers, in words

    def __init__(self, plan, gate, watch, trends, writer, hal=None):
        self.rules = array("i", plan["adapt"])
        self.labels = Labels()
        self.heads = Heads(gate.classifiers.networks(), self.rules[ADAPT_BOUND], self.rules[ADAPT_CANARIES], KEPT)
        gate.classifiers.heads = self.heads
        self.earlier = Kept(gate.reference, self.heads)
        size = gate.reference.regimes.size if gate.reference.regimes else 0
        self.refused = array("h", bytes(2 * size))
        self.state = array("i", [0] * (ADAPT_HEAD + ANCHOR_STRIDE * gate.reference.n_channels))
        self.vector = (1 << gate.reference.n_classifiers) - 1
        self._every = (gate.ring.length + gate.ring.hop - 1) // gate.ring.hop
        self._shadow = Shadow(plan, gate, self.rules[ADAPT_LEARN], self.heads)
        self._live = gate.reference
        self._watch = watch
        self._trends = trends
        self._writer = writer
        self._hal = hal
        self._look = 0
        self._peaks = array("i", [-1] * gate.reference.n_cells)  # log2, Q14; the first below 0: of nothing

    def parts(self):
        """What goes on after a reset: (array, bytes) of each."""
        return self.earlier.parts() + [
            (self.state, 4 * len(self.state)), (self.labels.tally, 8), (self.refused, 2 * len(self.refused)),
        ] + [(state, 4 * len(state)) for state in self.heads.states]  # fmt: skip

    def resume(self):
        """After a reset: what the shadow had learned is lost, and the permission stays."""
        state = self.state
        self.heads.resume()
        if state[ADAPT_PHASE] not in (CALM, REFUSED):
            state[ADAPT_PHASE] = WAIT
            state[ADAPT_LEFT] = self._every
        elif state[ADAPT_PHASE] == CALM:
            self._rest()

    @micropython.native
    def take(self, verdict):
        if verdict.why == COMMISSIONING:
            return
        state = self.state
        if not state[ADAPT_ANCHORED]:
            self._anchor()
        if self._live.regimes:
            self._live.regimes.forgive(self.refused)
        phase = state[ADAPT_PHASE]
        changed = self._changed()
        asked = self._asked(verdict)
        self.heads.note(self.labels.note(verdict, phase != CALM or asked), verdict)
        if phase == CALM:
            if changed:
                state[ADAPT_TRIES] = 0
                state[ADAPT_LEFT] = self._every
                self._turn(WAIT, ALARM, verdict)
                return
            if not asked:
                self._forget()
            if state[ADAPT_TRUSTED] == AT_ANY_TIME:
                self._look_back(verdict)
        elif not changed and (phase != BACK or state[ADAPT_TRUSTED] != AT_ANY_TIME):
            self._turn(CALM, AS_BEFORE, verdict)
            self._forget()
        elif phase == WAIT:
            self._wait(verdict)
        elif phase != REFUSED:
            self._shade(phase, verdict)

    def _forget(self):
        """No change is in hand: what was said of one is over."""
        self.labels.begin()
        self.state[ADAPT_PERMITTED] = self.state[ADAPT_STEPPED] = 0

    def asks(self):
        live = self._live
        return live.regimes is not None and live.array[ASKED]

    def _asked(self, verdict):
        """Whether a new regime is asked about; once permitted it is known at once."""
        peaks = self._peaks
        if not self.asks():
            peaks[0] = -1
            return False
        self._gather(peaks, self._live.logs)
        if not self.state[ADAPT_PERMITTED] & PERMIT_STEP:
            return True
        self._keep_earlier()
        self.state[ADAPT_STEPPED] = 1
        self.state[ADAPT_PERMITTED] = PERMIT_SWAP  # one regime a permission
        self.labels.again()
        most = self.rules[ADAPT_OCTAVES] >> 1  # of a step, which is no trial
        self._live.regimes.accept(most, peaks)
        bound_limits(self._live, self.earlier.array, most)
        self._say(REGIME_KNOWN, verdict)
        return False

    def _gather(self, peaks, logs):
        """The largest measures of what is asked about."""
        fresh = peaks[0] < 0
        for k in range(len(peaks)):
            if fresh or logs[k] > peaks[k]:
                peaks[k] = logs[k]
        peaks[0] = max(peaks[0], 0)

    @micropython.native
    def _changed(self):
        for i in range(len(self._watch.changed)):
            if self._watch.changed[i]:
                return True
        return False

    def _look_back(self, verdict):
        """All is calm: now and then, does the earlier reference fit?"""
        state = self.state
        state[ADAPT_LEFT] -= 1
        if state[ADAPT_LEFT] <= 0:
            state[ADAPT_LEFT] = _SELDOM * self._every
            self._shadow.measure()
            if self._shadow.judge() == self.vector:
                self._turn(BACK, FITS_AGAIN, None)

    def _wait(self, verdict):
        state = self.state
        state[ADAPT_LEFT] -= 1
        if state[ADAPT_LEFT] > 0:
            return
        if state[ADAPT_TRUSTED] and not state[ADAPT_TRIES] and not state[ADAPT_STEPPED]:
            self.earlier.give(self._shadow.reference)
            self._turn(BACK, ALARM, verdict)
        else:
            self._learn(ALARM, verdict)

    def _learn(self, why, verdict):
        self._shadow.begin_learning()
        self._turn(LEARN, why, verdict)

    def _shade(self, phase, verdict):
        """The shadow's turn at a window."""
        shadow = self._shadow
        shadow.measure()
        hard = self._watch.hard()
        if phase == LEARN:
            if not hard and shadow.learn():
                self._weigh(verdict)
            return
        fits = shadow.judge() == self.vector
        self._look -= 1
        if self._look <= 0 and not hard:
            self._look = self._every
            self.state[ADAPT_LOOKS] += 1
            self.state[ADAPT_PASSED] += fits
            if phase == BACK:
                self._come_back(verdict)
            else:
                self._try(verdict)
        if self.state[ADAPT_PHASE] == TRIAL:
            shadow.follow()

    def _weigh(self, verdict):
        """All is learned: is it one thing, and near enough?"""
        shadow = self._shadow
        rules = self.rules
        if not shadow.agree():
            self._put_off(HALVES, verdict)
        elif too_far(shadow.reference, self.state, rules[ADAPT_WIDTHS]):
            self._put_off(TOO_FAR, verdict)
        else:
            shadow.bound_limits(rules[ADAPT_OCTAVES])
            self._turn(TRIAL, LEARNED, verdict)

    def _come_back(self, verdict):
        state = self.state
        failed = state[ADAPT_LOOKS] - state[ADAPT_PASSED]
        if self._changed():
            if failed > _MISSES:
                self._learn(FITS_NOT, verdict)
            elif state[ADAPT_LOOKS] >= _LOOKS:
                self._swap(FITS_AGAIN, verdict)
        elif failed:
            self._turn(CALM, FITS_NOT, None)
        elif state[ADAPT_LOOKS] >= _SURE:
            self._swap(FITS_AGAIN, verdict)

    def _try(self, verdict):
        state = self.state
        if state[ADAPT_LOOKS] < _ENOUGH:
            return
        if not self._passed():
            self._put_off(NOT_PASSED, verdict)
        elif self._confirmed():
            self._swap(TAKEN_OVER, verdict)
        elif state[ADAPT_LOOKS] >= 2 * _ENOUGH:
            # the older half counts half from now on
            state[ADAPT_LOOKS] = _ENOUGH
            state[ADAPT_PASSED] = (state[ADAPT_PASSED] + 1) // 2

    def _passed(self):
        return 4 * self.state[ADAPT_PASSED] >= 3 * self.state[ADAPT_LOOKS]

    def _confirmed(self):
        return self.rules[ADAPT_CONFIRM] == BY_ITSELF or self.state[ADAPT_PERMITTED] & PERMIT_SWAP

    def _put_off(self, why, verdict):
        state = self.state
        state[ADAPT_LEFT] = self.rules[ADAPT_LEARN] << min(state[ADAPT_TRIES], _OCTAVES)
        state[ADAPT_TRIES] += 1
        self._turn(WAIT, why, verdict)

    def _swap(self, why, verdict):
        """The shadow takes over, and the live reference is kept."""
        state = self.state
        if why == FITS_AGAIN:
            self.earlier.exchange(self._live)
        else:
            self._keep_earlier()
            self.heads.begin()
        self._shadow.hand_over()
        state[ADAPT_SWAPS] += 1
        state[ADAPT_TRUSTED] = AT_ANY_TIME if why == TAKEN_OVER else AFTER_ALARM
        self._settle(why, verdict)

    def _keep_earlier(self):
        """The live reference as it was before the change in hand."""
        state = self.state
        if not state[ADAPT_STEPPED]:
            self.earlier.take(self._live)
            state[ADAPT_EARLIER] = 1
            state[ADAPT_TRUSTED] = AFTER_ALARM

    def _settle(self, why, verdict):
        self.labels.forget()
        self._watch.settle(verdict)
        self._trends.settle()
        self._turn(CALM, why, verdict)
        self._forget()
        if self._hal:
            self._hal.hurry()

    def _anchor(self):
        """The bands first commissioned, from which all others keep their distance."""
        state = self.state
        for c in range(self._live.n_channels):
            at = REF_HEAD + c * REF_STRIDE
            here = ADAPT_HEAD + ANCHOR_STRIDE * c
            state[here + ANCHOR_LO] = self._live.array[at + LO0]
            state[here + ANCHOR_HI] = self._live.array[at + HI0]
        state[ADAPT_ANCHORED] = 1

    def _turn(self, phase, why, verdict):
        """``verdict`` None: nobody needs to hear of it."""
        state = self.state
        state[ADAPT_PHASE] = phase
        state[ADAPT_LOOKS] = state[ADAPT_PASSED] = 0
        self._look = 0
        if phase == CALM:
            state[ADAPT_LEFT] = _SELDOM * self._every
            self._rest()
        if verdict:
            self._say(why, verdict)

    def _rest(self):
        """The shadow is free: it holds the earlier reference, where that is looked at."""
        if self.state[ADAPT_TRUSTED] == AT_ANY_TIME:
            self.earlier.give(self._shadow.reference)

    def _say(self, why, verdict, of=-1):
        """``of``: the classifier that it is about, -1: all."""
        writer = self._writer
        state = self.state
        writer.begin(b"adapt")
        writer.pair(b"t", verdict.seconds, verdict.millis)
        writer.number(b"phase", state[ADAPT_PHASE])
        writer.number(b"why", why)
        writer.number(b"tries", state[ADAPT_TRIES])
        writer.number(b"labels", self.labels.tally[1])
        writer.number(b"swaps", state[ADAPT_SWAPS])
        if of >= 0:
            writer.number(b"of", of)
        writer.end()

    def label(self, seconds, millis, classifier, good, verdict):
        """A person's word on a window (labels.py); what became of it."""
        state = self.state
        became = self.labels.take(seconds, millis, classifier, good)
        if became != LATE and became != AGAIN and not good and self._live.regimes:
            self._live.regimes.refuse(self.refused)
        if became == COUNTED and self.rules[ADAPT_CONFIRM] == BY_LABELS:
            if self.labels.tally[1] <= MOST and self.labels.permit(self.rules[ADAPT_QUORUM]):
                state[ADAPT_PERMITTED] = PERMIT_SWAP | PERMIT_STEP
            elif not state[ADAPT_STEPPED]:  # what is taken back counts, too
                state[ADAPT_PERMITTED] = 0
            refused = not state[ADAPT_PERMITTED] and self.labels.tally[1] >= MOST
            if refused and state[ADAPT_PHASE] not in (CALM, REFUSED):
                self._turn(REFUSED, LABELS_SAY_NO, verdict)
        if became == NOTED:
            turned = self.heads.learn(classifier, self.labels.slot, good, self._live.threshold(classifier))
            if turned is not None:
                became = TAUGHT
            if turned:
                self._say(HEAD_BETTER if turned == TOOK_OVER else HEAD_WORSE, verdict, classifier)
                if self._hal:
                    self._hal.hurry()
        return became

    def permit(self):
        """The operator's word for the change in hand: a regime that is asked about is known at once, a shadow takes
        over when its trial is passed. Says why not."""
        if self.rules[ADAPT_CONFIRM] != BY_OPERATOR:
            return "the policy has another confirm than operator"
        if self.state[ADAPT_PHASE] == CALM and not self.asks():
            return "nothing has changed"
        self.state[ADAPT_PERMITTED] = PERMIT_SWAP | PERMIT_STEP
        return None

    def roll_back(self, verdict):
        """The reference before the last swap judges again; the board does not leave it by itself for the other one, but
        another ``rollback`` does. Where there was no swap what labels have taught is forgotten. False where there is
        neither."""
        state = self.state
        if not state[ADAPT_EARLIER]:
            taught = self.heads.live()
            if taught:
                self.heads.begin()
                self._say(ROLLED_BACK, verdict)
            return taught
        self.earlier.exchange(self._live)
        state[ADAPT_TRUSTED] = 0
        self._settle(ROLLED_BACK, verdict)
        return True
