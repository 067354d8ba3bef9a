"""The classifiers: from a window's dimensions to pass or fail of each, and the rule for one that holds too little."""

from array import array

from ..compat import const
from ..layout import FOLLOW_REGIME, HEAD, JUDGED, MOST_LEVEL, NO_DATA, NOTICE, STRIDE, VALID

_NO_DATA_SCORE = const(127)


def holds_too_little(valid, length):
    """The no-data rule: fewer valid samples of a channel than a quarter of the window. Integers, or arrays of them."""
    return valid * 4 < length


class Classifiers:
    """The parents' classifiers, in the policy's order.

    ``networks``: by parent's name, None where only dimensions are asked for; ``reference`` keeps their thresholds.
    """

    def __init__(self, plan, networks, reference):
        samples = [channel >= 0 or mode == FOLLOW_REGIME for _, channel, mode, _ in plan["cells"]]
        sampled = [any(samples[cell] for cell in cells) for _, cells in plan["columns"]]
        self._reference = reference
        self._length = plan["length"]
        self._stats_end = HEAD + reference.n_channels * STRIDE
        self._classifiers = []
        self.heads = None  # the last layers that labels teach, where the board adapts
        for parent in plan["parents"]:
            if networks is not None and parent["classifier"] >= 0:
                over_samples = any(sampled[column] for column in parent["columns"])
                self._classifiers.append((networks[parent["name"]], array("h", parent["columns"]), over_samples))

    def networks(self):
        return [network for network, _, _ in self._classifiers]

    def features(self):
        """What each classifier reads: a view of its input."""
        return [network.input for network, _, _ in self._classifiers]

    def no_data(self, stats):
        """True when a channel of the window holds too little."""
        at = HEAD + VALID
        while at < self._stats_end:
            if holds_too_little(stats[at], self._length):
                return True
            at += STRIDE
        return False

    def judge(self, verdict, no_data, reference=None):
        """Fills passes, scores, levels and why of ``verdict`` from its values; returns the verdict vector: bit i set =
        classifier i passes. Without data, classifiers over samples fail without running: the gate fails closed.

        ``reference``: whose thresholds count, in place of the gate's own."""
        reference = reference or self._reference
        values = verdict.values
        vector = 0
        i = 0
        for network, columns, over_samples in self._classifiers:
            if no_data and over_samples:
                verdict.scores[i] = _NO_DATA_SCORE
                verdict.levels[i] = MOST_LEVEL
                passes = 0
            else:
                network.scale(values, columns)
                network.invoke()
                level = network.level()
                verdict.scores[i] = network.score()
                verdict.levels[i] = level
                passes = 0 if level > reference.threshold(i) else 1
            verdict.passes[i] = passes
            vector |= passes << i
            i += 1
        verdict.why = NO_DATA
        if not no_data:  # else a notice waits for the next window that has data
            notice = reference.array
            verdict.why = notice[NOTICE]
            notice[NOTICE] = JUDGED
        return vector
