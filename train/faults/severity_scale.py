"""The severity scale: what the limit is, for each window, in the units in which faults are made."""

import numpy as np
from motegate.firmware.device import layout as at

from ..catalogue import built_in
from ..policy import Plan


class SeverityScale:
    """Limits, bands and ranges of N windows, read from the reference that each was judged against.

    ``references`` int32[N, n_ref] (layout.py). Sizes come in the unit of the dimension: counts, slots,
    periods, bins, a ratio or a status field's unit.
    """

    def __init__(self, plan: Plan, references: np.ndarray):
        self.plan = plan
        self.references = references
        self._limits = at.REF_HEAD + len(plan.channels) * at.REF_STRIDE

    def _field(self, channel: np.ndarray, offset: int) -> np.ndarray:
        rows = np.arange(len(self.references))
        column = at.REF_HEAD + np.asarray(channel) * at.REF_STRIDE + offset
        return self.references[rows, column].astype(np.float64)

    def band(self, channel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Followed band of channel[N] in counts: low and high edge."""
        return self._field(channel, at.LO) / 16384, self._field(channel, at.HI) / 16384

    def width(self, channel: np.ndarray) -> np.ndarray:
        low, high = self.band(channel)
        return high - low

    def commissioned(self, channel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._field(channel, at.LO0) / 16384, self._field(channel, at.HI0) / 16384

    def variation(self, channel: np.ndarray) -> np.ndarray:
        """Mean |x1 - x0| of a good window, counts."""
        return self._field(channel, at.VARIATION) / 16

    def range(self, channel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Physically possible counts."""
        ranges = np.array([c.range for c in self.plan.channels], np.float64)
        return ranges[channel, 0], ranges[channel, 1]

    def rails(self, channel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rails = np.array([c.rails for c in self.plan.channels], np.float64)
        return rails[channel, 0], rails[channel, 1]

    def limit(self, cell: np.ndarray) -> np.ndarray:
        """Limit of cell[N] in the unit of its dimension."""
        cell = np.asarray(cell)
        size = np.empty(len(cell))
        for k in np.unique(cell):
            found = self.plan.cells[k]
            rows = np.flatnonzero(cell == k)
            references = self.references[rows]
            base = at.REF_HEAD + found.channel * at.REF_STRIDE
            log = references[:, self._limits + k * at.LIMIT_STRIDE + at.Q99] / 2**24
            if found.mode == at.WIDTH:
                width = references[:, base + at.WIDTH_LOG] / 2**14
                log = np.maximum(log, at.COUNT_IN_WIDTHS / 2**14 - width) + width - at.WIDTH_ONE / 2**14
            elif found.mode == at.WIDTH0:
                log = references[:, base + at.WIDTH0_LOG] / 2**14
            elif found.mode == at.FOLLOW_REGIME:
                log = log + references[:, at.RISE] / 2**24
            size[rows] = 2.0**log / _one(found.dimension)
        return size


def _one(dimension: str) -> int:
    """The measure of one unit; a user's own dimension is taken in its measure."""
    known = built_in()
    return known[dimension].one if dimension in known else 1
