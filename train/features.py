"""Features: dimension values on the scale that the int8 networks read."""

from dataclasses import dataclass

import numpy as np

CENTRE, MULT, SHIFT = 512, 1, 2  # 0 -> -128 (ordinary), 256 -> -64 (the limit), three decades beyond -> 127


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
