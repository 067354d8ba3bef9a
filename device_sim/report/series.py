"""A recording of any length as a picture needs it: at most so many points, each the extremes of its records."""

from dataclasses import dataclass

import numpy as np
from motegate.firmware.device.layout import MISSING

POINTS = 40_000
Points = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""first, last, low, high: as in Series."""


@dataclass(frozen=True)
class Series:
    """Points in time order: ``first_ms``, ``last_ms`` int64[n]; ``low``, ``high`` int16[n, channels], MISSING if empty.

    ``per_point``: how many records one point stands for at most; ``fails``: each labelled parent's spans of time.
    """

    first_ms: np.ndarray
    last_ms: np.ndarray
    low: np.ndarray
    high: np.ndarray
    per_point: int
    fails: dict[str, list[tuple[int, int]]]


class Downsampler:
    """Takes records chunk by chunk in bounded memory; merges pairs of points whenever there are too many."""

    def __init__(self, period_ms: int, n_channels: int, points: int = POINTS):
        self.period_ms = period_ms
        self.points = points
        self.per_point = 1
        self._parts: list[Points] = []
        self._n = 0
        self._newest = -(1 << 62)
        self._n_channels = n_channels
        self._fails: dict[str, list[tuple[int, int]]] = {}

    def add(self, stamps_ms: np.ndarray, counts: np.ndarray, fails: dict[str, np.ndarray] | None = None) -> None:
        """``stamps_ms`` int64[n], ``counts`` int16[n, channels]; time that goes backwards is drawn where it turned."""
        if not len(stamps_ms):
            return
        stamps = np.maximum.accumulate(np.maximum(stamps_ms, self._newest))
        self._newest = int(stamps[-1])
        for name, labels in (fails or {}).items():
            self._label(name, stamps, np.asarray(labels, bool))
        self._parts.append(_merge((stamps, stamps, counts, counts), self.per_point, self.period_ms * self.per_point))
        self._n += len(self._parts[-1][0])
        while self._n > self.points:
            self._halve()

    def series(self) -> Series:
        first, last, low, high = self._joined()
        return Series(first, last, low, high, self.per_point, self._fails)

    def _joined(self) -> Points:
        if not self._parts:
            none = np.zeros(0, np.int64)
            empty = np.zeros((0, self._n_channels), np.int16)
            return none, none, empty, empty
        first, last, low, high = (np.concatenate([part[i] for part in self._parts]) for i in range(4))
        return first, last, low, high

    def _halve(self) -> None:
        self.per_point *= 2
        merged = _merge(self._joined(), 2, self.period_ms * self.per_point)
        if len(merged[0]) == self._n:  # nothing but gaps: take no notice of them
            merged = _merge(self._joined(), 2, 1 << 62)
        self._parts = [merged]
        self._n = len(merged[0])

    def _label(self, name: str, stamps: np.ndarray, labels: np.ndarray) -> None:
        spans = self._fails.setdefault(name, [])
        edges = np.flatnonzero(np.diff(np.concatenate(([0], labels.astype(np.int8), [0]))))
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            span = (int(stamps[begin]), int(stamps[end - 1]))
            if spans and span[0] - spans[-1][1] <= 2 * self.period_ms:
                spans[-1] = (spans[-1][0], span[1])
            else:
                spans.append(span)


def _merge(points: Points, size: int, widest_gap: int) -> Points:
    """Every ``size`` points become one, and none reaches across a gap wider than ``widest_gap``."""
    if size == 1:
        return points
    first, last, low, high = points
    n = len(first)
    breaks = np.zeros(n, bool)
    breaks[1:] = first[1:] - last[:-1] > widest_gap
    run = np.maximum.accumulate(np.where(breaks, np.arange(n), 0))
    starts = np.flatnonzero((np.arange(n) - run) % size == 0)
    lowest = np.where(low == MISSING, np.int16(32767), low)
    lowest = np.minimum.reduceat(lowest, starts, axis=0)
    highest = np.maximum.reduceat(high, starts, axis=0)
    ends = np.append(starts[1:], n) - 1
    return first[starts], last[ends], np.where(highest == MISSING, np.int16(MISSING), lowest), highest
