"""The graph of parents: what each parent's verdict follows from, in policy and plan alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter

import numpy as np


@dataclass(frozen=True)
class Graph:
    """``children``: for each parent the positions of the parents below it; ``classifiers``: its classifier's position
    in the verdict vector, -1 for a parent that only has parents below it."""

    children: tuple[tuple[int, ...], ...]
    classifiers: tuple[int, ...]

    @cached_property
    def order(self) -> tuple[int, ...]:
        """Every parent behind those below it."""
        return tuple(TopologicalSorter(dict(enumerate(self.children))).static_order())

    def passes(self, verdicts: np.ndarray) -> np.ndarray:
        """Whether each parent passes: its classifier (if it has one) and all parents below it do.

        ``verdicts`` bool[..., n_classifiers], true where a classifier passes -> bool[..., n_parents].

        >>> Graph(((1,), ()), (-1, 0)).passes([[True], [False]]).tolist()
        [[True, True], [False, False]]
        """
        verdicts = np.asarray(verdicts, bool)
        passes = np.ones((*verdicts.shape[:-1], len(self.children)), bool)
        for parent in self.order:
            if self.classifiers[parent] >= 0:
                passes[..., parent] = verdicts[..., self.classifiers[parent]]
            for child in self.children[parent]:
                passes[..., parent] &= passes[..., child]
        return passes

    def below(self, parent: int) -> set[int]:
        """The parents below one, at any depth."""
        found: set[int] = set()
        left = list(self.children[parent])
        while left:
            child = left.pop()
            if child not in found:
                found.add(child)
                left += self.children[child]
        return found


def vectors(n_classifiers: int) -> np.ndarray:
    """Every verdict vector, bool[2^n, n]: row v has classifier i pass where bit i of v is set."""
    return (np.arange(1 << n_classifiers)[:, None] >> np.arange(n_classifiers) & 1).astype(bool)


def indices(verdicts: np.ndarray) -> np.ndarray:
    """The verdict vectors of bool[..., n] as integers, bit i set where classifier i passes."""
    return np.asarray(verdicts, np.int64) @ (1 << np.arange(np.shape(verdicts)[-1]))


def graph_of(children: dict[str, Iterable[str]], classifiers: tuple[str, ...]) -> Graph:
    """The graph of parents by name: children that are no parents are left out."""
    place = {name: i for i, name in enumerate(children)}
    return Graph(
        tuple(tuple(place[child] for child in below if child in place) for below in children.values()),
        tuple(classifiers.index(name) if name in classifiers else -1 for name in children),
    )
