"""QARTOD by ioos_qc itself: five tests of each channel, thresholds from the training part, rolled up to a window.

A window's score is the loosest threshold that still flags one of its samples: all tests begin at what one good window
in a hundred reaches, and are loosened together, step by step. Samples that are missing count as ioos_qc flags them.
"""

import numpy as np
from ioos_qc import qartod
from motegate.firmware.device.layout import MISSING
from motegate.train.dataset import TRAIN, Dataset
from motegate.train.policy import Policy

from .judge import Batch, Judge

STEPS = range(-8, 19)
STEP = 1.25
STILLEST = 12  # from this step on the attenuated signal test is off
QUANTILE = 0.99
GAP = 4  # window lengths between windows, so that no test looks from one into the next
TESTS = 6  # thresholds of a channel
FLAGGED = (qartod.QartodFlags.SUSPECT, qartod.QartodFlags.FAIL)


def judge(dataset: Dataset, rules: Policy) -> Judge:
    """One verdict for all parents, as QARTOD gives it."""
    good = dataset.windows(dataset.good(TRAIN))
    channels = [_Channel(dataset.plan.period_ms / 1000, samples(good.counts, c)) for c in range(len(rules.channels))]

    def score(batch: Batch) -> np.ndarray:
        found = [channel.score(samples(batch.counts, c)) for c, channel in enumerate(channels)]
        return np.max(found, axis=0)

    return Judge("QARTOD", score, f"{4 * TESTS * len(channels)}", f"{4 * dataset.plan.length * len(channels)} compared")


def samples(counts: np.ndarray, channel: int) -> np.ndarray:
    """float64[n, L]: counts, NaN where none came."""
    return np.where(counts[:, channel] == MISSING, np.nan, counts[:, channel].astype(float))


class _Channel:
    """The tests of one channel; ``good`` float64[n, L] are training's good windows."""

    def __init__(self, period_s: float, good: np.ndarray):
        self._period = period_s
        with np.errstate(invalid="ignore"):
            self._low, self._high = np.nanquantile(good, [1 - QUANTILE, QUANTILE])
            second = np.abs(good[:, 1:-1] - (good[:, :-2] + good[:, 2:]) / 2)
            first = np.abs(np.diff(good, axis=1)) / period_s
            self._spike, self._rate = (_high(np.nanmax(np.nan_to_num(x), axis=1)) for x in (second, first))
            self._still = _high(np.array([_longest(row) for row in good], float))
            self._std = float(np.quantile(np.nanstd(good, axis=1), 1 - QUANTILE))
            self._missing = max(1.0, _high(np.isnan(good).sum(axis=1).astype(float)))

    def score(self, x: np.ndarray) -> np.ndarray:
        """The number of the loosest step that flags something, -100 where none does: float64[n]."""
        n, length = x.shape
        inp = np.concatenate([x, np.full((n, 1), np.nan)], axis=1).ravel()
        at = (np.arange(n)[:, None] * (GAP * length) + np.arange(length + 1)).ravel() * self._period
        times = np.datetime64("2020-01-01", "ms") + (at * 1000).astype("timedelta64[ms]")
        found = np.full(n, -100.0)
        for step in STEPS:
            hit = np.zeros(len(inp), bool)
            for flags in self._flags(inp, times, step, length):
                hit |= np.isin(np.ma.filled(flags, qartod.QartodFlags.MISSING), FLAGGED)
            here = hit.reshape(n, -1)[:, :length].any(axis=1)
            here |= np.isnan(x).sum(axis=1) > self._missing * STEP**step
            found[here] = step
        return found

    def _flags(self, inp: np.ndarray, times: np.ndarray, step: int, length: int):
        loose = STEP**step
        beyond = (self._high - self._low) * loose / 2
        middle = (self._high + self._low) / 2
        span = middle - beyond, middle + beyond
        yield qartod.gross_range_test(inp, span)
        yield qartod.spike_test(inp, suspect_threshold=self._spike * loose, fail_threshold=self._spike * loose * 4)
        yield qartod.rate_of_change_test(inp, times, self._rate * loose)
        still = max(int(self._still * loose), 2)
        if still < length:
            seconds = still * self._period
            yield qartod.flat_line_test(inp, times, seconds, seconds, tolerance=0.5)
        if step < STILLEST:  # a site that stands still has less than any share of a spread
            whole = {"test_period": length * self._period, "min_obs": length * 3 // 4}
            yield qartod.attenuated_signal_test(inp, times, self._std / loose, 0.0, **whole)


def _high(x: np.ndarray) -> float:
    return float(np.quantile(x, QUANTILE)) or 0.5


def _longest(row: np.ndarray) -> int:
    """Samples in the longest run of one value."""
    new = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
    return int(np.diff(np.append(new, len(row))).max())
