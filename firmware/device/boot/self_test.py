"""The known-answer test: made-up windows through scan, dimensions and networks as they lie in memory, against the
number that the build computed on its host. The start asks it, and the running gate once a day, between two windows.

It runs on the bundle's own reference and weights, put in the place of the followed and the taught ones meanwhile; what
it overwrites beside that is measured anew at each window.
"""

from array import array
from binascii import crc32

from ..layout import REFERENCE_BODY, REFERENCE_CRC

_WINDOWS = 3


class _Made:
    """A ring of made-up counts: each channel wanders over its own range, with a gap and late records in it."""

    def __init__(self, plan):
        self._length = plan["length"]
        self._ranges = [channel["range"] for channel in plan["channels"]]
        self._seed = 1
        self.counts = array("h", bytes(2 * (len(self._ranges) + 2) * self._length))

    def head(self):
        return 0

    def first(self):
        return True

    def fill(self):
        """The next window."""
        counts = self.counts
        at = 0
        for low, high in self._ranges:
            middle = self._random(low, high)
            reach = max((high - low) >> 6, 1)
            for _ in range(self._length):
                middle = min(max(middle + self._random(-reach, reach), low), high)
                counts[at] = middle
                at += 1
        for _ in range(self._length):
            counts[at] = self._random(-200, 200)
            at += 1
        for _ in range(self._length):
            counts[at] = 0
            at += 1
        counts[self._random(0, self._length - 1)] = -32768

    def _random(self, low, high):
        """A whole number from ``low`` to ``high``, from a generator of 15 bits: small integers on every port."""
        self._seed = (self._seed * 9301 + 49297) % 233280
        return low + (self._seed >> 3) % (high - low + 1)


def known_answer(gate, plan, data):
    """CRC-32, of which 30 bits, over dimensions, levels and scores of the made-up windows. ``data``: reference.bin."""
    reference = gate.reference
    scan = gate.scan
    regimes = reference.regimes
    heads = gate.classifiers.heads
    kept = reference.array
    carry = array("i", scan.carry)
    made = _Made(plan)
    fields = array("i", [0] * len(plan["status"]))
    end = REFERENCE_BODY + 4 * len(kept)
    prototypes = regimes.prototypes if regimes else None
    crc = 0
    if heads:
        heads.lay(False)
    try:
        reference.array = array("i", data[REFERENCE_BODY:end])
        if regimes:
            regimes.prototypes = array("h", data[end:-REFERENCE_CRC])
        for _ in range(_WINDOWS):
            made.fill()
            scan.fill(made, reference.array)
            scan.fill_status(fields)
            gate.dimensions.fill(scan.stats, reference)
            gate.classifiers.judge(gate.verdict, False)
            for part in (gate.dimensions.values, gate.verdict.levels, gate.verdict.scores):
                crc = crc32(bytes(part), crc)
    finally:
        if heads:
            heads.lay(True)
        reference.array = kept
        if regimes:
            regimes.prototypes = prototypes
        for k in range(len(carry)):
            scan.carry[k] = carry[k]
    return crc & 0x3FFFFFFF


def test(gate, root, known):
    """An empty list, or what is wrong: files that are not as they were built are the caller's to find."""
    from .plan import Plan

    folder = root + "gate/"
    with open(folder + "reference.bin", "rb") as f:
        data = f.read()
    found = known_answer(gate, Plan(folder), data)
    return [] if found == known else ["known answer: %d, expected %d" % (found, known)]
