"""The log of a run: every window that the virtual board judged, as arrays, filled frame by frame."""

from array import array
from dataclasses import dataclass

import numpy as np
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.link import Adapt, Drift, Regimes, Verdict
from motegate.train.policy import Plan

NONE = 255  # no action: the window was not judged
REASONS = ("", "commissioning", "no_data", "asked", "absorbed")


@dataclass(frozen=True)
class WindowLog:
    """One row a window. ``values`` is int16[n, columns], all zero where nobody asked for them.

    ``ends_ms`` int64[n] milliseconds since 1970, ``why`` uint8[n] (index into REASONS), ``passes`` uint8[n,
    classifiers], ``scores`` int8[n, classifiers], ``actions`` uint8[n] (NONE while commissioning), ``regimes``
    int16[n], the known regime nearest to the window (-1: none, or nobody said). ``known``: what the board said last of
    its regimes, None where the plan has none. ``drifts``: its drift alarms, ``notices`` of other numbers, and
    ``adapts`` what it said of adapting, in turn. ``labels``: of windows, as somebody gave them: milliseconds since
    1970, 1: good. ``bands``: int16[n, channels, 2], the followed band's edges in counts, None where nobody said.
    """

    ends_ms: np.ndarray
    why: np.ndarray
    passes: np.ndarray
    scores: np.ndarray
    actions: np.ndarray
    values: np.ndarray
    regimes: np.ndarray
    known: Regimes | None = None
    drifts: tuple[Drift, ...] = ()
    notices: tuple[Drift, ...] = ()
    adapts: tuple[Adapt, ...] = ()
    labels: tuple[tuple[int, int], ...] = ()
    bands: np.ndarray | None = None

    @property
    def judged(self) -> np.ndarray:
        """bool[n]: the windows that got a verdict."""
        return self.actions != NONE

    def parents(self, plan: Plan) -> np.ndarray:
        """bool[n, parents]: pass of every parent, those that only have parents below them included."""
        return plan.graph.passes(self.passes != 0)


class Recorder:
    """Writes verdict frames into a log."""

    def __init__(self, plan: Plan):
        self.n_classifiers = len(plan.classifiers)
        self.n_columns = len(plan.columns)
        self._none = bytes(self.n_classifiers)
        self._ends = array("q")
        self._why = bytearray()
        self._passes = bytearray()
        self._scores = array("b")
        self._actions = bytearray()
        self._regimes = array("h")
        self.known: Regimes | None = None
        self.drifts: list[Drift] = []
        self.notices: list[Drift] = []
        self.adapts: list[Adapt] = []
        self.labels: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return len(self._why)

    def verdict(self, verdict: Verdict) -> None:
        """Takes what a verdict frame says."""
        seconds, millis = verdict.t
        self._ends.append((seconds + EPOCH_S) * 1000 + millis)
        self._why.append(REASONS.index(verdict.why) if verdict.why in REASONS else 0)
        self._regimes.append(-1 if verdict.regime is None else verdict.regime)
        if verdict.action is None:
            self._passes += self._none
            self._scores.frombytes(self._none)
            self._actions.append(NONE)
        else:
            self._passes += bytes(verdict.passes)
            self._scores.extend(verdict.scores)
            self._actions.append(verdict.action)

    def close(
        self, values: np.ndarray | None = None, regimes: np.ndarray | None = None, bands: np.ndarray | None = None
    ) -> WindowLog:
        """The log; ``values`` int16[n, columns], ``regimes`` int16[n] and ``bands`` as the runner's tap gave them."""
        n = len(self._why)
        if values is None:
            values = np.zeros((n, self.n_columns), np.int16)
        return WindowLog(
            np.frombuffer(self._ends, np.int64),
            np.frombuffer(bytes(self._why), np.uint8),
            np.frombuffer(bytes(self._passes), np.uint8).reshape(n, self.n_classifiers),
            np.frombuffer(self._scores, np.int8).reshape(n, self.n_classifiers),
            np.frombuffer(bytes(self._actions), np.uint8),
            values,
            np.frombuffer(self._regimes, np.int16) if regimes is None else regimes,
            self.known,
            tuple(self.drifts),
            tuple(self.notices),
            tuple(self.adapts),
            tuple(self.labels),
            bands,
        )
