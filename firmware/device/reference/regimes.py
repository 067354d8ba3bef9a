"""Operating regimes: how near a window is to a way the process is known to run, and what becomes of a new one.

A window's signature is relative to the band as it is followed (layout.py; kernels/plain/regimes.py); a regime is one
signature, the prototype, and a radius. Training finds regimes off-line and ships them; commissioning adds the site's
own (prototypes.py); what goes on for as long as the policy is patient is added in service. The measure of a window is
its L1 distance to the nearest known prototype, in that one's radius.

Slow drift is followed, a jump is asked about. While windows lie beyond the regime's own limit, that limit rises by
RISE_STEP, and sinks back a twentieth as fast when they do not; while one lies beyond the risen limit nothing follows.
As soon as the height of the windows beyond (their measure, followed upwards fast and downwards slowly) is no more than
the risen limit, their own middle becomes a known regime, with twice their mean distance from it as its radius, in place
of the one not seen for longest when there is no room; then the limit is its own again, and the limits that the band
makes accept it (reference.py). So a jump stays a failure for days in proportion to its size in octaves.

A person may answer the question at once (adaptation/): *good* makes the regime known, *bad* keeps it from being
absorbed for as long as the policy is patient.

A regime that commissioning has seen in one visit only is a candidate: kept, but not known until it is visited again at
least two window lengths after its first visit began. One fault would else become a regime, and never be found again.
"""

from array import array

from ..compat import const
from ..kernels import regimes as kernel
from ..layout import (
    ABSORBED_WHY,
    ASKED,
    ASKED_WHY,
    BEYOND,
    FIRST_SEEN,
    HEIGHT,
    KNOWN,
    LARGEST_RADIUS,
    LAST_SEEN,
    MOST_REGIMES,
    NOTICE,
    RADIUS,
    REGIME,
    REGIME_AWAY,
    REGIME_COUNT,
    REGIME_STRIDE,
    REGIME_WINDOW,
    RISE,
    RISE_STEP,
    SIGNATURE_STRIDE,
    SMALLEST_RADIUS,
    SPREAD,
)

_FAST = const(3)  # what is asked about moves by an eighth of the way a window
_LONGEST = const(4)  # window lengths inside the limit end any question
_SLOW = const(6)  # its height sinks by a 64th
_INSIDE = const(256)  # a ratio of 1
_PATIENCE = const(33554432)  # two octaves, Q24: what patience is counted in
_BELOW = const(8388608)  # half an octave
_MOST_WINDOWS = const(0x1FFFFFFF)


class Regimes:
    """The regimes of one reference: ``prototypes`` int16[(MOST_REGIMES + 1) * size], ``signature`` int16[size]; the
    table of radii and visits lies in the reference's array, from ``table`` on. ``apart``: windows from the
    beginning of a first visit to another one that makes a regime known. ``before``: the regime of the window before."""

    def __init__(self, reference, table):
        self._reference = reference
        self.table = table
        self._n_channels = reference.n_channels
        self.size = reference.n_channels * SIGNATURE_STRIDE
        self.prototypes = array("h", bytes(2 * self.size * (MOST_REGIMES + 1)))
        self.signature = array("h", bytes(2 * self.size))
        self._found = array("i", (-1, 0, -1, 0))
        self._ask_after = (reference.length + reference.hop - 1) // reference.hop + 1
        self.apart = (2 * reference.length + reference.hop - 1) // reference.hop
        self.before = -1

    def take(self, other):
        """Prototypes, signature and nearest regime of another reference's; its table lies in that one's array."""
        for i in range(len(self.prototypes)):
            self.prototypes[i] = other.prototypes[i]
        for i in range(self.size):
            self.signature[i] = other.signature[i]
        for i in range(len(self._found)):
            self._found[i] = other._found[i]
        self.before = other.before

    def accept(self, most, logs):
        """What is asked about is known from now on, since somebody has said that it is good; limits that the band makes
        rise to its measures, ``logs``, by at most ``most``, Q24 octaves."""
        self._reference.array[RISE] = most
        self._absorb(logs)

    def refuse(self, refused):
        """What is asked about is not good: it is not absorbed for as long as the policy is patient from now on, and
        meanwhile the limit rises no farther than half an octave below its height. Its signature goes into ``refused``,
        int16[size]; false where nothing is asked about."""
        a = self._reference.array
        if not a[ASKED]:
            return False
        a[ASKED] = 1 + _PATIENCE
        for i in range(self.size):
            refused[i] = self.prototypes[MOST_REGIMES * self.size + i]
        return True

    def forgive(self, refused):
        """A question about windows that are no longer those whose signature was refused is another one."""
        a = self._reference.array
        if a[ASKED] > 1:
            away = kernel.distance(refused, 0, self.prototypes, MOST_REGIMES * self.size, self.size)
            if away > max(2 * a[SPREAD], SMALLEST_RADIUS):
                a[BEYOND] = a[ASKED] = 0

    def start_over(self):
        """Nothing has been seen yet; what is known stays known."""
        a = self._reference.array
        a[RISE] = a[BEYOND] = a[ASKED] = a[NOTICE] = a[REGIME_WINDOW] = 0
        for r in range(a[REGIME_COUNT]):
            here = self.table + REGIME_STRIDE * r
            a[here + LAST_SEEN] = -1
            if a[here + FIRST_SEEN] != KNOWN:
                a[here + FIRST_SEEN] = 0

    def fill(self, stats):
        """The window's signature, and its distance to the nearest known regime into ``stats``."""
        a = self._reference.array
        found = self._found
        kernel.sign(stats, a, self._n_channels, self.signature)
        kernel.nearest(
            a, self.table, self.signature, self.prototypes, self.size, a[REGIME_COUNT], found
        )  # fmt: skip
        stats[REGIME_AWAY] = found[3]
        a[REGIME] = found[2]

    def add(self, signature, at, radius, first):
        """A prototype from ``signature[at:]``; ``first``: the window of its only visit, or KNOWN."""
        a = self._reference.array
        r = a[REGIME_COUNT]
        if r < MOST_REGIMES:
            a[REGIME_COUNT] = r + 1
        else:
            r = self.longest_unseen()
        for i in range(self.size):
            self.prototypes[r * self.size + i] = signature[at + i]
        here = self.table + REGIME_STRIDE * r
        a[here + RADIUS] = min(max(radius, SMALLEST_RADIUS), LARGEST_RADIUS)
        a[here + FIRST_SEEN] = first
        a[here + LAST_SEEN] = a[REGIME_WINDOW]

    def replace(self, signatures, radii):
        """Known regimes in place of those that are there, none of them seen yet."""
        self._reference.array[REGIME_COUNT] = 0
        for signature, radius in zip(signatures, radii):
            self.add(signature, 0, radius, KNOWN)
        self.start_over()

    def longest_unseen(self):
        a = self._reference.array
        least = 0
        for r in range(1, MOST_REGIMES):
            if a[self.table + REGIME_STRIDE * r + LAST_SEEN] < a[self.table + REGIME_STRIDE * least + LAST_SEEN]:
                least = r
        return least

    def count(self):
        """A window is over, in commissioning as in service."""
        a = self._reference.array
        if a[REGIME_WINDOW] < _MOST_WINDOWS:
            a[REGIME_WINDOW] += 1

    def visit(self, inside):
        """Notes which regime the window was in; ``inside``: it lies inside the regime's limit."""
        a = self._reference.array
        r = self._found[0]
        if r < 0:
            return
        here = self.table + REGIME_STRIDE * r
        now = a[REGIME_WINDOW]
        if a[here + FIRST_SEEN] != KNOWN:
            inside = self._found[1] <= _INSIDE
            if inside and self.before != r and now - a[here + FIRST_SEEN] >= self.apart:
                a[here + FIRST_SEEN] = KNOWN
        if inside:
            a[here + LAST_SEEN] = now
        self.before = r

    def ask(self, log, q99, step):
        """After a window in service: true when it lies beyond the risen limit. ``log``: log2 of its measure, ``q99``
        the limit's own, both Q14; ``step``: the limit takes a step now."""
        a = self._reference.array
        beyond = log > q99
        held = log > q99 + (a[RISE] >> 10)
        self.visit(not beyond)
        if beyond:
            self._gather(log)
        elif a[BEYOND]:
            a[BEYOND] -= 1
            if a[BEYOND] == 0:
                a[ASKED] = 0
        if step:
            self._rise(beyond, q99)
        if a[ASKED] == 1 and a[RISE_STEP] and a[HEIGHT] <= q99 + (a[RISE] >> 10):
            self._absorb(self._reference.logs)
        return held or a[ASKED]

    def _rise(self, beyond, q99):
        a = self._reference.array
        rise = a[RISE_STEP]
        a[RISE] = min(a[RISE] + rise, 536870911) if beyond else max(a[RISE] - (rise // 20 or 1), 0)
        if a[ASKED] > 1:  # refused
            a[RISE] = min(a[RISE], max((a[HEIGHT] - q99 << 10) - _BELOW, 0))
            a[ASKED] = max(a[ASKED] - rise, 1)

    def _gather(self, log):
        """One window more of what is asked about: its middle, height and spread."""
        a = self._reference.array
        at = MOST_REGIMES * self.size
        if a[BEYOND] == 0:
            kernel.blend(self.prototypes, at, self.signature, self.size, 0)
            a[HEIGHT] = log
            a[SPREAD] = 0
        else:
            kernel.blend(self.prototypes, at, self.signature, self.size, _FAST)
            a[HEIGHT] += (log - a[HEIGHT]) >> (_FAST if log > a[HEIGHT] else _SLOW)
            away = kernel.distance(self.signature, 0, self.prototypes, at, self.size)
            a[SPREAD] += (away - a[SPREAD]) >> _FAST
        if a[BEYOND] < _LONGEST * self._ask_after:
            a[BEYOND] += 1
        if a[BEYOND] == self._ask_after and not a[ASKED]:
            a[ASKED] = 1
            a[NOTICE] = ASKED_WHY

    def _absorb(self, logs):
        a = self._reference.array
        self.add(self.prototypes, MOST_REGIMES * self.size, 2 * a[SPREAD], KNOWN)
        self._reference.accept(logs)
        a[RISE] = a[BEYOND] = a[ASKED] = 0
        a[NOTICE] = ABSORBED_WHY
