"""The journal: every window that the virtual board judged, as arrays, filled frame by frame."""

from array import array
from dataclasses import dataclass

import numpy as np
from motegate.firmware.epoch import EPOCH_S

NONE = 255  # no action: the window was not judged
REASONS = ("", "commissioning", "no_data")


@dataclass(frozen=True)
class Journal:
    """One row a window. ``values`` is int16[n, columns], all zero where nobody asked for them.

    ``ends_ms`` int64[n] milliseconds since 1970, ``why`` uint8[n] (index into REASONS), ``passes`` uint8[n,
    classifiers], ``scores`` int8[n, classifiers], ``actions`` uint8[n] (NONE while commissioning).
    """

    ends_ms: np.ndarray
    why: np.ndarray
    passes: np.ndarray
    scores: np.ndarray
    actions: np.ndarray
    values: np.ndarray

    @property
    def judged(self) -> np.ndarray:
        """bool[n]: the windows that got a verdict."""
        return self.actions != NONE

    def parents(self, plan: dict) -> np.ndarray:
        """bool[n, parents]: pass of every parent, those that only have parents below them included."""
        done: dict[int, np.ndarray] = {}

        def passes(index: int) -> np.ndarray:
            if index not in done:
                parent = plan["parents"][index]
                verdict = np.ones(len(self.why), bool)
                if parent["classifier"] >= 0:
                    verdict &= self.passes[:, parent["classifier"]] != 0
                for child in parent["children"]:
                    verdict = verdict & passes(child)
                done[index] = verdict
            return done[index]

        columns = [passes(index) for index in range(len(plan["parents"]))]
        return np.stack(columns, axis=1) if columns else np.zeros((len(self.why), 0), bool)


class Scribe:
    """Writes verdict frames into a journal."""

    def __init__(self, plan: dict):
        self.n_classifiers = sum(parent["classifier"] >= 0 for parent in plan["parents"])
        self.n_columns = len(plan["columns"])
        self._none = bytes(self.n_classifiers)
        self._ends = array("q")
        self._why = bytearray()
        self._passes = bytearray()
        self._scores = array("b")
        self._actions = bytearray()

    def __len__(self) -> int:
        return len(self._why)

    def verdict(self, body: dict) -> None:
        """Takes a verdict frame's JSON."""
        seconds, millis = body["t"]
        self._ends.append((seconds + EPOCH_S) * 1000 + millis)
        reason = body.get("why", "")
        self._why.append(REASONS.index(reason) if reason in REASONS else 0)
        if "a" in body:
            self._passes += bytes(body["p"])
            self._scores.extend(body["s"])
            self._actions.append(body["a"])
        else:
            self._passes += self._none
            self._scores.frombytes(self._none)
            self._actions.append(NONE)

    def close(self, values: np.ndarray | None = None) -> Journal:
        """The journal; ``values`` int16[n, columns] as the runner's tap gave them."""
        n = len(self._why)
        if values is None:
            values = np.zeros((n, self.n_columns), np.int16)
        return Journal(
            np.frombuffer(self._ends, np.int64),
            np.frombuffer(bytes(self._why), np.uint8),
            np.frombuffer(bytes(self._passes), np.uint8).reshape(n, self.n_classifiers),
            np.frombuffer(self._scores, np.int8).reshape(n, self.n_classifiers),
            np.frombuffer(bytes(self._actions), np.uint8),
            values,
        )
