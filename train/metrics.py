"""How good verdicts are: per window, per event, per kind of fault and by severity."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import intervals

SEVERITIES = (1.0, 2.0, 4.0)  # recall is published at each
STRONG = (4.0, 16.0)  # F1 is published over these, half of the windows faulty


def _round(x: float) -> float:
    return round(float(x), 4)


@dataclass(frozen=True)
class Counts:
    """Right and wrong verdicts; ``precision`` is 1 where nothing was called a failure."""

    hit: float
    missed: float
    false: float

    @property
    def precision(self) -> float:
        return self.hit / (self.hit + self.false) if self.hit + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.hit / (self.hit + self.missed) if self.hit + self.missed else 1.0

    @property
    def f1(self) -> float:
        """0 where there was no failure to find but some were called; 1 where neither."""
        both = 2 * self.hit + self.missed + self.false
        return 2 * self.hit / both if both else 1.0

    def as_dict(self) -> dict:
        return {"precision": _round(self.precision), "recall": _round(self.recall), "f1": _round(self.f1)}


def windows(fails: np.ndarray, truth: np.ndarray) -> Counts:
    """Window by window; both bool[n]."""
    fails, truth = np.asarray(fails, bool), np.asarray(truth, bool)
    return Counts(int((fails & truth).sum()), int((~fails & truth).sum()), int((fails & ~truth).sum()))


def spans(marks: np.ndarray) -> np.ndarray:
    """Maximal runs of true values in bool[n]: int64[k, 2], first and one past last.

    >>> spans(np.array([0, 1, 1, 0, 1])).tolist()
    [[1, 3], [4, 5]]
    """
    edges = np.diff(np.concatenate(([0], np.asarray(marks, np.int8), [0])))
    return np.stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)], axis=1)


def events(fails: np.ndarray, truth: np.ndarray) -> Counts:
    """Event by event: an event is a maximal run of failing windows.

    An event of the truth is found when any window of it fails; an event of the verdicts is false when no
    window of it is a failure in truth. So one long failure counts as much as a short one.
    """
    fails, truth = np.asarray(fails, bool), np.asarray(truth, bool)
    true_spans, called = spans(truth), spans(fails)
    hit = sum(bool(fails[a:b].any()) for a, b in true_spans)
    false = sum(not truth[a:b].any() for a, b in called)
    return Counts(hit, len(true_spans) - hit, false)


def most_likely_share(hits: int, n: int, confidence: float = 0.95) -> float:
    """What a share that came up ``hits`` times in ``n`` may be at most (Clopper and Pearson 1934, one-sided).

    >>> round(most_likely_share(0, 60), 3)
    0.049
    """
    if hits >= n:
        return 1.0
    low, high = hits / n, 1.0
    for _ in range(50):
        share = (low + high) / 2
        odds = sum(math.exp(_log_odds(k, n, share)) for k in range(hits + 1))
        low, high = (share, high) if odds > 1 - confidence else (low, share)
    return high


def _log_odds(k: int, n: int, share: float) -> float:
    """log of the binomial's probability of k in n, 0 < share < 1."""
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return ways + k * math.log(share) + (n - k) * math.log1p(-share)


def balanced_f1(recall: float, false_rate: float) -> float:
    """F1 where half of the windows are faulty: 2 R / (1 + R + false alarm rate)."""
    return 2 * recall / (1 + recall + false_rate)


@dataclass(frozen=True)
class Scored:
    """Windows of one part with scores of one classifier, or values of one dimension (larger = worse).

    ``kind`` is "" for a window as recorded, "benign:..." for a benign change and the fault's kind else;
    ``severity`` its size in multiples of the limit. ``fail`` bool[n] is the truth, ``clean`` marks windows as recorded.
    ``block`` int[n]: what hangs together in time; None: nothing does. ``overlap``: windows side by side share samples.
    """

    score: np.ndarray
    fail: np.ndarray
    clean: np.ndarray
    kind: np.ndarray
    severity: np.ndarray
    block: np.ndarray | None = None
    overlap: int = 1

    @property
    def blocks(self) -> np.ndarray:
        return np.arange(len(self.score)) if self.block is None else self.block

    def share(self, threshold: int, rows: np.ndarray) -> intervals.Interval:
        """The 95 % interval of the share of some windows that fail."""
        return intervals.share(self.score[rows] > threshold, self.blocks[rows], self.overlap)

    def false_rate(self, threshold: int) -> float:
        clean = self.score[self.clean & ~self.fail]
        return float((clean > threshold).mean()) if len(clean) else 0.0

    def kinds(self) -> list[str]:
        """Kinds of injected faults that fail this parent."""
        return sorted({str(k) for k in self.kind[self.fail] if k})

    def failing(self, low: float, high: float) -> np.ndarray:
        """bool[n]: failures of severities ``low`` .. ``high``."""
        return self.fail & (self.severity >= low) & (self.severity <= high)

    def recall(self, threshold: int, kind: str, low: float, high: float) -> float | None:
        """Share of a kind's windows that fail, at severities ``low`` .. ``high``; None without any."""
        chosen = self.failing(low, high) & (self.kind == kind)
        return float((self.score[chosen] > threshold).mean()) if chosen.any() else None

    def macro_f1(self, threshold: int) -> float | None:
        """Mean over kinds of F1 at strong severities, half of the windows faulty."""
        found = [self.recall(threshold, kind, *STRONG) for kind in self.kinds()]
        rate = self.false_rate(threshold)
        scores = [balanced_f1(r, rate) for r in found if r is not None]
        return float(np.mean(scores)) if scores else None


def _about(severity: float) -> tuple[float, float]:
    return severity * 0.999, severity * 1.001


def by_kind(scored: Scored, threshold: int) -> dict:
    """Per kind: recall at 1, 2 and 4 x limit, of how many windows each, and F1 over 4 to 16 x limit with half of the
    windows faulty; ``n``: its windows in all."""
    rate = scored.false_rate(threshold)
    result = {}
    for kind in scored.kinds():
        mine = scored.fail & (scored.kind == kind)
        entry: dict[str, Any] = {"n": int(mine.sum())}
        for severity in SEVERITIES:
            span = _about(severity)
            found = scored.recall(threshold, kind, *span)
            entry[f"recall_{severity:g}"] = None if found is None else _round(found)
            rows = mine & scored.failing(*span)
            entry[f"n_{severity:g}"] = int(rows.sum())
            if scored.block is not None:
                entry[f"interval_{severity:g}"] = _ends(scored.share(threshold, rows)) if rows.any() else None
        found = scored.recall(threshold, kind, *STRONG)
        entry["recall_4_16"] = None if found is None else _round(found)
        entry["f1_4_16"] = None if found is None else _round(balanced_f1(found, rate))
        result[kind] = entry
    return result


def _mean(shares: Iterable[float | None]) -> float | None:
    """Of those that were measured."""
    found = [share for share in shares if share is not None]
    return _round(float(np.mean(found))) if found else None


def summary(scored: Scored, threshold: int) -> dict:
    """The whole table of one classifier, or one dimension, at one threshold."""
    macro = scored.macro_f1(threshold)
    benign = np.char.startswith(scored.kind.astype(str), "benign:")
    recorded = scored.kind == ""
    kinds = by_kind(scored, threshold)
    quiet = scored.score[scored.clean & ~scored.fail]
    false = int((quiet > threshold).sum())
    result: dict[str, Any] = {
        "threshold": int(threshold),
        "macro_f1_4_16": None if macro is None else _round(macro),
        "false_alarm_rate": _round(scored.false_rate(threshold)),
        "benign_alarm_rate": _round((scored.score[benign] > threshold).mean()) if benign.any() else None,
        "clean_windows": len(quiet),
        "false_alarms": false,
        "false_alarm_bound": _bound(scored, threshold, false) if len(quiet) else None,
        "recall": {
            f"{severity:g}": _mean(entry[f"recall_{severity:g}"] for entry in kinds.values()) for severity in SEVERITIES
        },
        "faulty_windows": int((scored.fail & ~recorded).sum()),
        "kinds": kinds,
    }
    if scored.block is not None:
        result["intervals"] = _intervals(scored, threshold, kinds)
    if (scored.fail & recorded).any():
        chosen = np.flatnonzero(recorded & (scored.fail | scored.clean))
        said, truth = scored.score[chosen] > threshold, scored.fail[chosen]
        result["labelled"] = windows(said, truth).as_dict()
        if scored.block is not None:
            result["labelled"]["intervals"] = _labelled(said, truth, scored.block[chosen])
    return result


def _ends(interval: intervals.Interval) -> list[float]:
    return [_round(interval[0]), _round(interval[1])]


def _bound(scored: Scored, threshold: int, false: int) -> float:
    """Of as many windows as the quiet ones are worth, rounded so that the bound is no lower."""
    quiet = scored.clean & ~scored.fail
    n = int(quiet.sum())
    if scored.block is None:
        return _round(most_likely_share(false, n))
    worth = max(1, int(intervals.worth(scored.score[quiet] > threshold, scored.block[quiet], scored.overlap)))
    return _round(most_likely_share(math.ceil(false * worth / n), worth))


def _intervals(scored: Scored, threshold: int, kinds: dict) -> dict:
    """Of what ``summary`` says over all kinds."""
    quiet = scored.clean & ~scored.fail
    found: dict[str, Any] = {"false_alarm_rate": _ends(scored.share(threshold, quiet)), "recall": {}}
    for severity in SEVERITIES:
        each = [entry for entry in kinds.values() if entry[f"interval_{severity:g}"] is not None]
        shares, ends = ([entry[f"{what}_{severity:g}"] for entry in each] for what in ("recall", "interval"))
        wider = intervals.together(_groups(scored, threshold, scored.failing(*_about(severity)))) if each else 1.0
        found["recall"][f"{severity:g}"] = _ends(intervals.mean(shares, ends, wider)) if each else None
    rates = found["false_alarm_rate"]
    points, ends = [], []
    strong = scored.failing(*STRONG)
    for kind in kinds:
        rows = strong & (scored.kind == kind)
        if rows.any():
            low, high = scored.share(threshold, rows)
            points.append(kinds[kind]["f1_4_16"])
            ends.append((balanced_f1(low, rates[1]), balanced_f1(high, rates[0])))
    wider = intervals.together(_groups(scored, threshold, strong)) if points else 1.0
    found["macro_f1_4_16"] = _ends(intervals.mean(points, ends, wider)) if points else None
    return found


def _groups(scored: Scored, threshold: int, rows: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each kind among ``rows``: what fails, and its blocks."""
    mine = [rows & (scored.kind == kind) for kind in scored.kinds()]
    return [(scored.score[one] > threshold, scored.blocks[one]) for one in mine if one.any()]


def _labelled(said: np.ndarray, truth: np.ndarray, block: np.ndarray) -> dict:
    """Whole events are drawn again, and good windows by blocks."""
    held = block.copy()
    for number, (first, last) in enumerate(spans(truth)):
        held[first:last] = -1 - number

    def of(name: str) -> list[float]:
        return _ends(intervals.bootstrap(lambda rows: getattr(windows(said[rows], truth[rows]), name), held))

    recall = _ends(intervals.share(said[truth], held[truth]))
    return {"precision": of("precision"), "recall": recall, "f1": of("f1")}
