"""Windows to be judged, and what a judge is: scores, larger = worse, and what they cost on a device."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Batch:
    """Windows of one plan: ``values`` int16[n, columns], ``no_data`` bool[n], ``counts`` int16[n, C, L], ``lateness``
    and ``flags`` int16[n, L]."""

    values: np.ndarray
    no_data: np.ndarray
    counts: np.ndarray
    lateness: np.ndarray
    flags: np.ndarray

    def __len__(self) -> int:
        return len(self.values)


Score = Callable[[Batch], np.ndarray]  # float64[n]


@dataclass(frozen=True)
class Judge:
    """``score`` of a parent's classifier; ``size`` in bytes on the device, ``work`` an inference, both for a reader."""

    name: str
    score: Score
    size: str
    work: str
