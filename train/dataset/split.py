"""Train, validation and test: parts of a recording in time order that share no sample."""

from dataclasses import dataclass

import numpy as np

TRAIN, VALIDATION, TEST, NONE = 0, 1, 2, 255  # as in features_<parent>.npz
NAMES = ("train", "validation", "test")
WHOLE_FILES = 3
"""From so many recordings on each is in one part as a whole."""
Shares = tuple[float, float, float]
SHARES: Shares = (0.6, 0.2, 0.2)


@dataclass(frozen=True)
class Split:
    """``part`` uint8[n]: TRAIN, VALIDATION, TEST or NONE (in a gap) for each judged window, in time order."""

    part: np.ndarray
    shares: Shares = SHARES

    def indices(self, part: int) -> np.ndarray:
        return np.flatnonzero(self.part == part)


def by_time(starts: np.ndarray, length: int, shares: Shares = SHARES, recording: np.ndarray | None = None) -> Split:
    """Cuts windows that begin at slots ``starts`` (int64[n], ascending, each ``length`` slots) by time.

    A window whose slots reach into the part behind it belongs to none, so no sample is in two parts. With three
    recordings or more, whose numbers are ``recording`` int[n], each is in one part as a whole.

    >>> by_time(np.arange(0, 100, 10), 20).part.tolist()
    [0, 0, 0, 0, 0, 255, 1, 255, 2, 2]
    >>> by_time(np.arange(0, 100, 10), 20, recording=np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2])).part.tolist()
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]
    """
    starts = np.asarray(starts, np.int64)
    n = len(starts)
    bounds = np.round(np.cumsum(shares) * n).astype(int)
    edges = np.flatnonzero(np.diff(recording)) + 1 if recording is not None else np.zeros(0, int)
    if len(edges) + 1 >= WHOLE_FILES:
        first = edges[np.abs(edges[:-1] - bounds[0]).argmin()]
        behind = edges[edges > first]
        bounds[:2] = first, behind[np.abs(behind - bounds[1]).argmin()]
    part = np.full(n, NONE, np.uint8)
    begin = 0
    for index, end in enumerate(bounds):
        part[begin:end] = index
        if end < n and end not in edges:
            part[begin:end][starts[begin:end] + length > starts[end]] = NONE
        begin = end
    return Split(part, (shares[0], shares[1], shares[2]))


def label_shares(rows: np.ndarray, starts: np.ndarray, length: int, fails: np.ndarray) -> np.ndarray:
    """Share of each window's records that are labelled a failure: float64[n].

    ``rows`` int32[slots]: the record in each slot, -1 where none came; ``fails`` bool[records].
    """
    rows = np.asarray(rows)
    there = rows >= 0
    failing = np.zeros(len(rows), bool)
    failing[there] = np.asarray(fails, bool)[rows[there]]
    count, bad = (np.concatenate(([0], np.cumsum(x))) for x in (there, failing))
    starts = np.asarray(starts, np.int64)
    n = count[starts + length] - count[starts]
    return (bad[starts + length] - bad[starts]) / np.maximum(n, 1)
