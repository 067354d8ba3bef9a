"""Somebody who labels failing windows while a board asks: one in each length, some lengths late."""

from collections.abc import Callable

import numpy as np
from motegate.train.host.adaptive import AdaptiveGate

DELAY = 4  # windows that share no sample


class Person:
    """``says``: whether they call a window good, asked when the label is given; ``most``: labels in all. ``given``: how
    many there were."""

    def __init__(self, gate: AdaptiveGate, every: int, says: Callable[[int], bool], most: float = np.inf):
        self.given = 0
        self._gate, self._every, self._says, self._most = gate, every, says, most
        self._due: list[tuple[int, int, int]] = []
        self._last = -every

    def look(self, window: int) -> None:
        """Behind each window."""
        gate = self._gate
        failing = np.flatnonzero(~gate.passes[window])
        speaks = gate.asks and len(failing) and window - self._last >= self._every
        if speaks and self.given + len(self._due) < self._most:
            self._due.append((window + DELAY * self._every, window, int(failing[0])))
            self._last = window
        while self._due and self._due[0][0] <= window:
            _, of, classifier = self._due.pop(0)
            gate.label(of, classifier, good=self._says(of))
            self.given += 1
