"""Features: dimension values on the scale that the int8 networks read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CENTRE, MULT, SHIFT = 512, 1, 2  # 0 -> -128 (ordinary), 256 -> -64 (the limit), three decades beyond -> 127

THREE_QUARTERS = -80  # of a limit, as a feature


@dataclass(frozen=True)
class Scaling:
    """feature = clamp((value - centre) * mult >> shift) to int8, one entry per column of a parent.

    |value - centre| * mult stays below 2^30 for values 0 .. 32767; mult 1 .. 32767, shift 0 .. 15.
    """

    columns: tuple[str, ...]
    centre: tuple[int, ...]
    mult: tuple[int, ...]
    shift: tuple[int, ...]

    @classmethod
    def default(cls, columns: tuple[str, ...]) -> "Scaling":
        n = len(columns)
        return cls(columns, (CENTRE,) * n, (MULT,) * n, (SHIFT,) * n)

    @classmethod
    def of(cls, entry: dict) -> "Scaling":
        """What ``as_dict`` gave."""
        return cls(*(tuple(entry[key]) for key in ("columns", "centre", "mult", "shift")))

    def keeping(self, kept: Sequence[int]) -> "Scaling":
        """Of some of the columns, by position."""
        centre, mult, shift = (tuple(entry[j] for j in kept) for entry in (self.centre, self.mult, self.shift))
        return Scaling(tuple(self.columns[j] for j in kept), centre, mult, shift)

    def apply(self, values: np.ndarray) -> np.ndarray:
        """int16[n, k] values of these columns -> int8[n, k].

        >>> Scaling.default(("spike",)).apply(np.array([[0], [512], [32767]])).ravel().tolist()
        [-128, 0, 127]
        """
        scaled = (values.astype(np.int64) - np.array(self.centre)) * np.array(self.mult) >> np.array(self.shift)
        return np.clip(scaled, -128, 127).astype(np.int8)

    def as_dict(self) -> dict:
        return {
            "columns": list(self.columns),
            "centre": list(self.centre),
            "mult": list(self.mult),
            "shift": list(self.shift),
        }


def loud(k: int) -> np.ndarray:
    """Features in which one dimension is as far out as can be told, three decades beyond its limit, and all others are
    ordinary: int8[k, k]."""
    found = np.full((k, k), -128, np.int8)
    np.fill_diagonal(found, 127)
    return found


def far_out(x: np.ndarray) -> np.ndarray:
    """bool[n]: whether a window, int8[n, k], is as far out as one dimension can be, by the sum of what its dimensions
    exceed three quarters of their limits by."""
    return np.maximum(x.astype(int) - THREE_QUARTERS, 0).sum(axis=1) >= 127 - THREE_QUARTERS
