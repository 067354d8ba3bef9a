"""The scan: one pass over a window's slots gives the statistics that every dimension starts from."""

from array import array

from .compat import MICROPYTHON
from .layout import GAIN, HEAD, PAIR, REF_HEAD, REF_STRIDE, STRIDE

if MICROPYTHON:
    from .kernels import scan_viper as kernel
else:
    from .kernels import scan_plain as kernel

_NO_BOUND = 1073741823


def status_groups(plan):
    """[(dimension, [field index, ...])]: a dimension's fields stand together, in the plan's order."""
    groups = []
    for index, field in enumerate(plan["status"]):
        if not groups or groups[-1][0] != field["dimension"]:
            groups.append((field["dimension"], []))
        groups[-1][1].append(index)
    return groups


def status_layout(plan):
    """(where each status dimension's block begins, where each field's value stands, size of the statistics).

    A block is the number of fields, then value, low and high of each.
    """
    at = HEAD + len(plan["channels"]) * STRIDE
    blocks, fields = {}, []
    for dimension, indices in status_groups(plan):
        blocks[dimension] = at
        fields += [at + 1 + 3 * k for k in range(len(indices))]
        at += 1 + 3 * len(indices)
    return blocks, fields, at


def status_bounds(plan, stats):
    """Writes counts and bounds of the status blocks into ``stats``; values are left alone."""
    _, fields, _ = status_layout(plan)
    for (_, indices), first in zip(status_groups(plan), _first_fields(plan, fields)):
        stats[first - 1] = len(indices)
        for k, index in enumerate(indices):
            field = plan["status"][index]
            low, high = field["min"], field["max"]
            stats[first + 3 * k + 1] = -_NO_BOUND if low is None else low
            stats[first + 3 * k + 2] = _NO_BOUND if high is None else high


def _first_fields(plan, fields):
    at = 0
    for _, indices in status_groups(plan):
        yield fields[at]
        at += len(indices)


class Scan:
    """Statistics of one window: int32[HEAD + n_channels * STRIDE + status blocks], made once."""

    def __init__(self, plan):
        channels = plan["channels"]
        self._length = plan["length"]
        self._hop = plan["hop"]
        self._n = len(channels)
        _, self._fields, size = status_layout(plan)
        self.stats = array("i", [0] * size)
        status_bounds(plan, self.stats)
        self._limits = array("h", [x for c in channels for x in c["range"] + c["rails"]])
        power = 2
        while power < 2 * self._length:
            power *= 2
        self._table = array("h", bytes(2 * power))
        self._carry = array("i", [0] * (2 * self._n))

    def fill(self, ring, reference):
        """Scans the window that is due in ``ring`` into ``stats``; histograms lie over ``reference``'s bins."""
        length = self._length
        slots = ring.counts
        head = ring.head()
        stats = self.stats
        late_at = self._n * length
        carry = self._carry
        if ring.first():
            for k in range(2 * self._n):
                carry[k] = 0
        kernel.scan_slots(slots, late_at, head, length, stats)
        c = 0
        while c < self._n:
            at = c * length
            sat = HEAD + c * STRIDE
            rat = REF_HEAD + c * REF_STRIDE
            kernel.scan_channel(
                slots, at, late_at, head, length, self._limits, 4 * c, reference, rat, self._table, carry, 2 * c,
                self._hop, stats, sat,
            )  # fmt: skip
            pair = reference[rat + PAIR]
            if pair >= 0:
                kernel.scan_pair(slots, at, pair * length, length, reference[rat + GAIN], stats, sat)
            c += 1

    def fill_status(self, values):
        """Takes the status fields' present values, int32 in the plan's order."""
        for k, at in enumerate(self._fields):
            self.stats[at] = values[k]
