"""A recording's own time: the cycle that its process goes through, and whether it runs in more ways than one."""

from dataclasses import dataclass

import numpy as np
from motegate.firmware.clock import DAY_MS

from .survey import Column, Survey

CLEAR = 0.4  # autocorrelation of a cycle of the process's own
DAILY, BETWEEN = 0.15, 0.1  # ... of a day, and above that of half days
TIMES = 4  # a cycle has to come so often
APART = 0.85  # share of the variance between two groups: a normal variable has 0.64, a uniform one 0.75
FEW = 0.05  # of the windows in the smaller group
GAPS = 0.05  # of the cells may be empty, or places in the sample say nothing of time


@dataclass(frozen=True)
class Cycle:
    """``rows`` of one turn, in ``channel``; ``daily``: it is the day's."""

    channel: str
    rows: int
    daily: bool
    strength: float


@dataclass(frozen=True)
class Ways:
    """A channel's windows fall into two groups by their ``what`` ("level" or "spread"): ``seen`` windows until each has
    been visited twice, None where that never happens."""

    channel: str
    what: str
    seen: int | None


def cycle(seen: Survey, columns: list[Column]) -> Cycle | None:
    """The clearest of all channels; one of the process's own before the day's."""
    found = [one for column in columns if (one := _cycle(seen, column)) is not None]
    return max(found, key=lambda one: (not one.daily, one.strength), default=None)


def _cycle(seen: Survey, column: Column) -> Cycle | None:
    x = column.sample
    if len(x) < 64 or column.missing > GAPS * column.rows:
        return None
    r = autocorrelation(x)
    own = _own(r)
    day = DAY_MS / seen.step_ms / column.stride
    daily = _daily(r, day)
    if daily is not None and (own is None or own > day / 2):
        return Cycle(column.name, round(DAY_MS / seen.step_ms), True, daily)
    if own is not None:
        return Cycle(column.name, round(own * column.stride), False, float(r[own]))
    return None


def _daily(r: np.ndarray, day: float) -> float | None:
    """The autocorrelation of a day of so many lags, where it stands out."""
    if day < 8 or len(r) < 1.05 * day + 2:
        return None
    near = float(r[round(0.95 * day) : round(1.05 * day) + 1].max())
    half = float(r[round(0.4 * day) : round(0.6 * day) + 1].mean())
    return near if near >= DAILY and near >= half + BETWEEN else None


def autocorrelation(x: np.ndarray) -> np.ndarray:
    """float64[n // TIMES]: of each lag, without the straight line through the whole, unbiased, 1 at lag 0.

    >>> r = autocorrelation(np.sin(np.arange(400) * 2 * np.pi / 20))
    >>> bool(r[20] > 0.95), bool(r[10] < -0.95)
    (True, True)
    """
    n = len(x)
    at = np.arange(n) - (n - 1) / 2
    x = x - x.mean() - at * (at @ x) / (at @ at)
    spectrum = np.fft.rfft(x, 2 * n)
    products = np.fft.irfft(spectrum * np.conj(spectrum))[: n // TIMES] / (n - np.arange(n // TIMES))
    return products / products[0] if products[0] > 0 else np.zeros(n // TIMES)


def _own(r: np.ndarray) -> int | None:
    """The shortest lag nearly as high as the highest behind the first dip."""
    below = np.flatnonzero(r < 0.1)
    if not len(below):
        return None
    first = max(int(below[0]), 2)
    tail = r[first:]
    if not len(tail) or tail.max() < CLEAR:
        return None
    peaks = np.flatnonzero((tail[1:-1] >= tail[:-2]) & (tail[1:-1] >= tail[2:])) + 1
    high = peaks[tail[peaks] >= 0.9 * tail.max()]
    if not len(high):
        return None
    about = first + int(high[0])  # noise makes peaks of its own beside the true one
    low = max(first, round(0.8 * about))
    return low + int(r[low : round(1.2 * about) + 1].argmax())


def ways(columns: list[Column], length: int) -> Ways | None:
    """The clearest split of any channel's windows of ``length`` rows into two groups."""
    found: list[tuple[float, Ways]] = []
    for column in columns:
        n = max(2, length // column.stride)
        x = column.sample[: len(column.sample) // n * n].reshape(-1, n)
        if len(x) < 20 or column.missing > GAPS * column.rows:
            continue
        for what, measure in (("level", x.mean(axis=1)), ("spread", np.log(x.std(axis=1) + 1e-9 * np.ptp(x) + 1e-30))):
            share, upper = split(measure)
            if share >= APART and FEW <= upper.mean() <= 1 - FEW:
                found.append((share, Ways(column.name, what, _seen(upper, max(1, n * column.stride // length)))))
    return max(found, key=lambda one: one[0], default=(0, None))[1]


def split(x: np.ndarray) -> tuple[float, np.ndarray]:
    """The share of the variance that lies between the two groups of the best cut (Otsu 1979), and which are above."""
    order = np.sort(x)
    n = len(order)
    total = order.var() * n
    if total <= 0:
        return 0.0, np.zeros(n, bool)
    sums, k = np.cumsum(order)[:-1], np.arange(1, n)
    between = (sums / k - (order.sum() - sums) / (n - k)) ** 2 * k * (n - k) / n
    best = int(between.argmax())
    return float(between[best] / total), x > (order[best] + order[best + 1]) / 2


def _seen(upper: np.ndarray, windows: int) -> int | None:
    """Windows until each group has been visited twice."""
    edges = np.flatnonzero(np.diff(upper.astype(int))) + 1
    return int(edges[3]) * windows if len(edges) > 3 else None
