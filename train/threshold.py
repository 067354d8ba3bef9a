"""The alarm budget: which level, score or value a window may reach before it counts as a failure."""

import numpy as np
from motegate.firmware.errors import RefusedError

from .policy import DEFAULT_WINDOWS

FAILING_SHARE = 0.01  # a run may be long: clean windows that fail are bounded, too


def runs(failing: np.ndarray) -> int:
    """Alarm runs: maximal stretches of failing windows in ``failing`` (bool[n], in time order).

    >>> runs(np.array([True, True, False, True]))
    2
    """
    failing = np.asarray(failing, bool)
    return int(failing[:1].sum() + (failing[1:] & ~failing[:-1]).sum())


def lowest(scores: np.ndarray, windows_per_day: float, alarms_per_day: float | None, most: int) -> int:
    """The lowest threshold that keeps the alarm budget on clean validation windows.

    ``scores``: int[n] of clean windows in time order; a score above the threshold is a failure, and none can be above
    ``most``. The budget is ``alarms_per_day`` runs of failing windows (None: one in 1,000 windows), and the threshold
    must keep it at every higher value, too: low down, runs melt into each other and their count falls again. At most
    one window in a hundred may fail. The threshold is a clean score itself, the highest of a run: where k runs lie
    above it, k + 1 are to be expected in as many days (Weibull 1939, plotting positions), so one less than the budget
    may, and with fewer than 2 / budget days none. Raises RefusedError when only a threshold that nothing can exceed
    would do.
    """
    scores = np.asarray(scores, np.int64)
    if not len(scores):
        raise RefusedError("threshold: no clean validation window to set it on; give a longer recording")
    budget = _budget(windows_per_day, alarms_per_day)
    days = len(scores) / windows_per_day
    levels = np.unique(scores)[::-1]
    found = int(levels[0])
    for level in levels.tolist():
        if not _keeps(scores > level, max(budget * days - 1, 0)):
            break
        found = level
    if found >= most:
        raise RefusedError(
            f"threshold: no score keeps {budget:.3g} alarm runs a day on {len(scores)} clean validation windows: "
            "they score as high as any failure can; allow more in [alarms] per_day or give a cleaner recording"
        )
    return found


def heard(
    limit: int, loud: np.ndarray, scores: np.ndarray, windows_per_day: float, alarms_per_day: float | None
) -> int:
    """A threshold ``limit`` lowered until it fails whatever is as far out as can be told: ``loud`` int[k], the scores
    of windows in which one dimension is (features.loud). ``scores`` int[n]: of all good windows that training may see.

    A good window that was louder still set the threshold then, and would hide all single dimensions; its run may cost
    what the budget has in these windows, or one run. Where it costs more, the threshold stays.
    """
    most = int(loud.min()) - 1
    return most if most < limit and affords(np.asarray(scores) > most, windows_per_day, alarms_per_day) else limit


def of_parts(
    levels: np.ndarray, held: np.ndarray, seen: np.ndarray, loud: np.ndarray | None, windows_per_day: float,
    alarms_per_day: float | None, most: int,
) -> int:  # fmt: skip
    """The lowest that keeps the alarm budget on the good windows of validation, ``held`` bool[n] of ``levels``, and on
    all that training may see, ``seen``, too, where they say more: they have seen more of the seasons; lowered where it
    would not hear what is ``loud``. No level is above ``most``."""
    budget = windows_per_day, alarms_per_day
    found = lowest(np.clip(levels[held], None, most), *budget, most)
    found = max(found, lowest(np.clip(levels[seen], None, most - 1), *budget, most))
    return found if loud is None else heard(found, loud, levels[seen], *budget)


def affords(failing: np.ndarray, windows_per_day: float, alarms_per_day: float | None) -> bool:
    """Whether good windows, ``failing`` bool[n] in time order, cost no more than the budget has in these windows, or
    one run."""
    days = len(failing) / windows_per_day
    return _keeps(failing, max(1.0, _budget(windows_per_day, alarms_per_day) * days))


def _budget(windows_per_day: float, alarms_per_day: float | None) -> float:
    """Runs a day."""
    return windows_per_day / DEFAULT_WINDOWS if alarms_per_day is None else alarms_per_day


def _keeps(failing: np.ndarray, allowed: float) -> bool:
    return runs(failing) <= allowed and failing.mean() <= FAILING_SHARE
