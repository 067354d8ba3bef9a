"""Labels: what a person says of windows that were judged a while ago, and whether that is a permission.

The last ``KEPT`` windows are remembered by their time, with whether they belong to a change: it was asked about, or the
board was in its cycle (cycle.py). A label of an older one is late: it is counted and never learned from. A label counts
once for each window and classifier, and only where that one has failed: that what passed is good says nothing of a
change.
"""

from array import array

from ..compat import const, micropython

KEPT = const(64)  # windows
MOST = const(30)  # labels after which a permission that has not come will not
_LAST = const(10)  # labels that are looked at
_MASK = const(1023)
_STAY = const(15)  # four labels

# What became of a label
LATE = const(0)
NOTED = const(1)
COUNTED = const(2)
AGAIN = const(3)
TAUGHT = const(4)  # the classifier's last layer (head.py)

WORDS = ("late", "noted", "counted", "again", "taught")  # the same, by their numbers


class Labels:
    """``tally``: int32[2] of the change in hand: its last labels as bits (1: good, the newest lowest), and how many
    there were; ``late``: how many came too late, since the start; ``slot``: where the window last spoken of is kept.
    """

    def __init__(self):
        self.tally = array("i", (0, 0))
        self.late = 0
        self.slot = 0
        self._seconds = array("i", bytes(4 * KEPT))
        self._millis = array("h", [-1] * KEPT)
        self._failed = bytearray(KEPT)  # bit i: classifier i, of a window of a change
        self._said = bytearray(KEPT)  # bit i: classifier i has a label
        self._at = 0

    @micropython.native
    def note(self, verdict, changed):
        """A window was judged; ``changed``: it belongs to a change. Where it is kept."""
        failed = 0
        if changed:
            for i in range(len(verdict.passes)):
                if not verdict.passes[i]:
                    failed |= 1 << i
        at = self._at
        self._seconds[at] = verdict.seconds
        self._millis[at] = verdict.millis
        self._failed[at] = failed
        self._said[at] = 0
        self._at = (at + 1) % KEPT
        return at

    def forget(self):
        """Another reference judges from now on: labels of the windows so far are late."""
        for i in range(KEPT):
            self._millis[i] = -1

    def begin(self):
        """A change is over, or another has begun."""
        self.tally[0] = self.tally[1] = 0

    def again(self):
        """What was said so far has had its effect: a few of it count for the next time."""
        self.tally[0] &= _STAY

    def take(self, seconds, millis, classifier, good):
        """The label of a window by the time of its newest record; what became of it."""
        for i in range(KEPT):
            if self._seconds[i] == seconds and self._millis[i] == millis:
                if self._said[i] >> classifier & 1:
                    return AGAIN
                self._said[i] |= 1 << classifier
                self.slot = i
                if not self._failed[i] >> classifier & 1:
                    return NOTED
                self.tally[0] = (self.tally[0] << 1 | good) & _MASK
                self.tally[1] += 1
                return COUNTED
        self.late += 1
        return LATE

    def permit(self, quorum):
        """True when at least ``quorum`` of the last ten labels say good."""
        bits = self.tally[0]
        good = 0
        for i in range(_LAST):
            good += bits >> i & 1
        return good >= quorum
