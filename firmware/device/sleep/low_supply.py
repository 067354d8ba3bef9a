"""A supply that runs low: windows are judged farther apart, and of their verdicts less is said, until it has recovered.

One more reader of verdicts: it looks at the status field ``supply_mv`` at each window. It is over when the supply is a
sixteenth above the threshold, so that a cell that recovers a little without a load does not end it.
"""


class LowSupply:
    """``gate``'s hop is ``hop`` slots below ``threshold_mv``, and ``report`` silent about windows that pass where
    ``quiet``. ``low``: 1 meanwhile."""

    def __init__(self, gate, hal, report, threshold_mv, hop, quiet):
        self.low = 0
        self._gate = gate
        self._hal = hal
        self._report = report
        self._threshold = threshold_mv
        self._hop = hop
        self._quiet = quiet

    def take(self, verdict):
        mv = self._hal.field("supply_mv")
        if self.low:
            low = mv < self._threshold + (self._threshold >> 4)
        else:
            low = 0 < mv < self._threshold
        if low == self.low:
            return
        self.low = 1 if low else 0
        gate = self._gate
        gate.pace(self._hop if low else gate.ring.hop)
        self._report.quiet = self._quiet if low else 0
        if low:
            self._hal.trouble("supply", ValueError("%d mV" % mv))
        else:
            self._hal.well("supply")
