"""The verdict of a window: one record, made at the start and overwritten at each window.

The gate and its classifiers fill it; the frame, the action, and whoever listens on a host are its readers: objects with
``take(verdict)``, called in turn. Who keeps something of it copies that.
"""

from array import array

from ..layout import COMMISSIONING, NO_ACTION


class Verdict:
    """window    its number, from 0
    seconds   int32 since 2020-01-01 UTC, and ``millis``: the time of its newest record
    passes    int16[n]: 1 where a classifier passes, 0 where it fails, in the policy's order
    scores    int16[n], within int8: how likely a failure
    levels    int32[n]: what the scores are made of, in finer steps; above the classifier's threshold is a failure
    features  n views, int8[inputs] each: what each classifier was fed, kept until the next window
    values    int16[n_columns]: the dimensions
    action    its index in the policy; NO_ACTION while commissioning
    regime    the known regime that it is nearest to; -1: none
    why       JUDGED, COMMISSIONING, NO_DATA, ASKED_WHY or ABSORBED_WHY (layout.py)
    """

    def __init__(self, values, features):
        n = len(features)
        self.window = 0
        self.seconds = self.millis = 0
        self.passes = array("h", [0] * n)
        self.scores = array("h", [0] * n)
        self.levels = array("i", [0] * n)
        self.features = features
        self.values = values
        self.action = NO_ACTION
        self.regime = -1
        self.why = COMMISSIONING
