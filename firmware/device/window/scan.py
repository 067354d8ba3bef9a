"""The scan: one pass over a window's slots gives the statistics that every dimension starts from."""

from array import array

from ..kernels import scan as kernel
from ..layout import (
    BOUND_STRIDE,
    CARRY_STRIDE,
    GAIN,
    HEAD,
    PAIR,
    READ_DISTINCT,
    READ_PAIR,
    REF_HEAD,
    REF_STRIDE,
    STRIDE,
)


class Scan:
    """Statistics of one window: int32[HEAD + n_channels * STRIDE + status blocks], made once. ``carry``: of each
    channel the run at the end of the window before (layout.py), ``hop`` slots ago."""

    def __init__(self, plan):
        from ..boot.status import status_bounds, status_layout  # needed here only

        channels = plan["channels"]
        self._length = plan["length"]
        self.hop = plan["hop"]
        self._n = len(channels)
        _, self._fields, size = status_layout(plan)
        self.stats = array("i", [0] * size)
        status_bounds(plan, self.stats)
        self._bounds = array("h", [x for c in channels for x in c["range"] + c["rails"]])
        self._reads = plan["reads"]
        power = 2
        while power < 2 * self._length and self._reads & READ_DISTINCT:
            power *= 2
        self._table = array("h", bytes(2 * power))
        self.carry = array("i", [0] * (CARRY_STRIDE * self._n))

    def fill(self, ring, reference):
        """Scans the window that is due in ``ring`` into ``stats``; histograms lie over ``reference``'s bins."""
        length = self._length
        slots = ring.counts
        head = ring.head()
        stats = self.stats
        late_at = self._n * length
        carry = self.carry
        if ring.first():
            for k in range(CARRY_STRIDE * self._n):
                carry[k] = 0
        kernel.scan_slots(slots, late_at, head, length, stats)
        c = 0
        while c < self._n:
            at = c * length
            sat = HEAD + c * STRIDE
            rat = REF_HEAD + c * REF_STRIDE
            kernel.scan_channel(
                slots, at, late_at, head, length, self._bounds, BOUND_STRIDE * c, reference, rat, self._table,
                carry, CARRY_STRIDE * c, self.hop, stats, sat, self._reads,
            )  # fmt: skip
            pair = reference[rat + PAIR]
            if pair >= 0 and self._reads & READ_PAIR:
                kernel.scan_pair(slots, at, pair * length, length, reference[rat + GAIN], stats, sat)
            c += 1

    def fill_status(self, values):
        """Takes the status fields' present values, int32 in the plan's order."""
        k = 0
        while k < len(self._fields):  # enumerate() would allocate
            self.stats[self._fields[k]] = values[k]
            k += 1
