"""Cross-validation over time, for a parent with few labelled failures: each is held out once, as a whole.

A fold is a stretch of the recording with one event (a maximal run of failing windows), or with several where there are
many; with three recordings or more it is a recording. What shares a sample with the stretch is purged from training
(Lopez de Prado, Advances in Financial Machine Learning, 2018, chapter 7). Limits and regimes are those that the
training part gave: it is the classifier and its threshold that are learned anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from .. import intervals, metrics, threshold
from ..dataset import TEST, TRAIN, VALIDATION, Dataset, Table, split

MOST_FOLDS = 10
Levels = Callable[[Table], np.ndarray]
"""Learns from a table's training and validation parts, and gives the levels int[n] of all its rows."""


@dataclass(frozen=True)
class CrossValidated:
    """``found`` of ``events``, in ``folds`` as ``way`` says; ``false_runs`` alarm runs in ``good`` windows; ``skipped``
    folds that had nothing to learn from."""

    way: str
    folds: int
    events: int
    found: int
    good: int
    false_runs: int
    skipped: int

    def as_dict(self) -> dict:
        low, high = intervals.wilson(self.found / self.events, self.events) if self.events else (0.0, 1.0)
        return {
            "way": self.way,
            "folds": self.folds,
            "events": self.events,
            "found": self.found,
            "interval": [round(low, 4), round(high, 4)],
            "good_windows": self.good,
            "false_alarm_runs": self.false_runs,
            "skipped": self.skipped,
        }


def stretches(dataset: Dataset, fails: np.ndarray) -> tuple[str, list[np.ndarray]]:
    """What each fold holds out, rows of the dataset, and in words; ``fails`` bool[k]."""
    files = dataset.recording % max(1, len(dataset.sources))
    if len(np.unique(files)) >= split.WHOLE_FILES:
        return "leave one recording out", [np.flatnonzero(files == one) for one in np.unique(files)]
    spans = metrics.spans(fails)
    groups = np.array_split(np.arange(len(spans)), min(len(spans), MOST_FOLDS))
    way = "leave one event out" if len(groups) == len(spans) else f"{len(groups)} stretches of time"
    # a border lies half-way between the last event of one stretch and the first of the next
    borders = [0]
    borders += [(int(spans[a[-1]][1]) + int(spans[b[0]][0])) // 2 for a, b in pairwise(groups)]
    borders.append(len(fails))
    return way, [np.arange(a, b) for a, b in pairwise(borders)]


def parts_of(dataset: Dataset, held: np.ndarray, validation: np.ndarray) -> np.ndarray:
    """uint8[k]: TEST where ``held`` out, VALIDATION where ``validation``, TRAIN elsewhere, and NONE where a window
    shares a sample with another part."""
    n = len(dataset.judged)
    part = np.full(n, TRAIN, np.uint8)
    part[validation] = VALIDATION
    part[held] = TEST
    starts = dataset.slots.windows[dataset.judged]
    purged = part.copy()
    for rows, others in ((held, (TRAIN, VALIDATION)), (validation, (TRAIN,))):
        if len(rows):
            first, last = starts[rows[0]], starts[rows[-1]]
            near = (starts > first - dataset.plan.length) & (starts < last + dataset.plan.length)
            purged[near & np.isin(part, others)] = split.NONE
    return purged


def cross_validate(dataset: Dataset, name: str, table: Table, learn: Levels) -> CrossValidated:
    """Of a parent that has labelled failures, by the windows as they were recorded."""
    fails = dataset.fails[name]
    way, held = stretches(dataset, fails)
    budget = dataset.windows_per_day, dataset.policy.alarms_per_day
    hits = events = good = runs = skipped = 0
    for k, rows in enumerate(held):
        part = parts_of(dataset, rows, held[(k + 1) % len(held)])
        fold = replace(table, part=part[table.row])
        fold = fold.rows(fold.part != split.NONE)
        learned = [fold.part == one for one in (TRAIN, VALIDATION)]
        if not all(fold.clean[one].any() and fold.fail[one].any() for one in learned):
            skipped += 1
            continue
        levels = learn(fold)
        limit = threshold.lowest(levels[(fold.part != TEST) & ~fold.fail], *budget, most=int(levels.max()) + 1)
        here = (fold.part == TEST) & (fold.kind == "")
        order = np.argsort(fold.row[here], kind="stable")
        said, truth, clean = ((array[here])[order] for array in (levels > limit, fold.fail, fold.clean))
        found = metrics.events(said, truth)
        hits, events = hits + int(found.hit), events + int(found.hit + found.missed)
        good, runs = good + int(clean.sum()), runs + threshold.runs(said[clean])
    return CrossValidated(way, len(held), events, hits, good, runs, skipped)
