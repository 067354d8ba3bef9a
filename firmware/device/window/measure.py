"""Dimensions of a window: each cell's measure from the statistics, each column's value from the measures."""

from array import array

from ..compat import micropython
from ..kernels import value as kernel
from ..layout import FOLLOW, HEAD, REF_HEAD, REF_STRIDE, STRIDE
from ..modules import load


def measure_of(name):
    """The measure of a dimension: a function of the dimensions package where the build merged them there, else of the
    module of that name."""
    found = getattr(load("dimensions"), name, None)
    return found if callable(found) else load("dimensions." + name).measure


class Dimensions:
    """Measures and values of one window. ``measures``: int32[n_cells]; ``values``: int16[n_columns]."""

    def __init__(self, plan):
        from ..boot.status import status_layout  # needed here only

        cells = plan["cells"]
        columns = plan["columns"]
        blocks, _, _ = status_layout(plan)
        self.n_cells = len(cells)
        self.n_columns = len(columns)
        names = plan["modules"]
        modules = [measure_of(name) for name in names]
        self._functions = [modules[cell[0]] for cell in cells]
        # those whose measure may depend on the reference
        self._held = array("h", [k for k, (_, _, mode, _) in enumerate(cells) if mode != FOLLOW])
        self._stats_at = [0] * self.n_cells
        self._reference_at = [0] * self.n_cells
        for k, (module, channel, _, _) in enumerate(cells):
            if channel >= 0:
                self._stats_at[k] = HEAD + channel * STRIDE
                self._reference_at[k] = REF_HEAD + channel * REF_STRIDE
            else:
                self._stats_at[k] = blocks.get(names[module], 0)
        self._starts = array("h", [0] * (self.n_columns + 1))
        members = []
        for j, (_, indices) in enumerate(columns):
            members += indices
            self._starts[j + 1] = len(members)
        self._members = array("h", members)
        self.measures = array("i", [0] * self.n_cells)
        self.values = array("h", [0] * self.n_columns)

    @micropython.native
    def fill(self, stats, reference):
        """Fills the regime's distance, ``measures``, the reference's logarithms of them, and ``values``."""
        if reference.regimes:
            reference.regimes.fill(stats)
        functions = self._functions
        stats_at = self._stats_at
        reference_at = self._reference_at
        measures = self.measures
        array = reference.array
        k = 0
        n = self.n_cells
        while k < n:
            measures[k] = functions[k](stats, stats_at[k], array, reference_at[k])
            k += 1
        self._value(reference, self.values)

    @micropython.native
    def fill_again(self, stats, reference, values):
        """The same of the window just measured, against another reference of the same plan, and into ``values``."""
        if reference.regimes:
            reference.regimes.fill(stats)
        held = self._held
        i = 0
        n = len(held)
        while i < n:
            k = held[i]
            at = self._reference_at[k]
            self.measures[k] = self._functions[k](stats, self._stats_at[k], reference.array, at)
            i += 1
        self._value(reference, values)

    def _value(self, reference, values):
        kernel.values(
            reference.array, reference.limits, reference.cells, reference.floors, self.measures, reference.logs,
            self._starts, self._members, reference.worst, values, self.n_columns,
        )  # fmt: skip
