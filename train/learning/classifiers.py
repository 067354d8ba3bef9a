"""The candidates for a parent's classifier, and what they learn from."""

from dataclasses import dataclass

import numpy as np

from ..dataset import Table, split, weights
from ..features import Scaling, far_out
from ..model import Candidate, candidates, network, tails

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Features int8[n, k], failures bool[n] and weights float64[n]."""


@dataclass(frozen=True)
class Taught:
    """What networks learn from, and what stops them."""

    learned: Arrays
    validated: Arrays


def classifiers(
    table: Table, scaling: Scaling, seed: int, asked: str = "auto", monotone: bool = True
) -> list[Candidate]:
    """The candidates of a parent that are ``asked`` for, one or "auto", the simplest first; ``scaling`` made its
    features."""
    training, held = (table.rows(table.part == part) for part in (split.TRAIN, split.VALIDATION))
    given = taught(table, scaling, seed)
    found = []
    for kind in candidates.NAMES if asked == "auto" else [asked]:
        if kind == "rule":
            x, fail, _ = given.validated
            model = candidates.rule(scaling, training.x[training.clean], x[~fail])
        else:
            settings = network.Settings(network.UNITS if kind == "network" else ())
            model = network.fit(*given.learned, given.validated, seed, monotone, settings)
        found.append(candidates.candidate(kind, model, held))
    return found


def taught(table: Table, scaling: Scaling, seed: int) -> Taught:
    """Of a parent's windows: its own, its good windows with the tails of other sites, and each dimension far out alone,
    but where good windows are as far out themselves: there that is no failure to be told from them."""
    seen = table.clean & (table.part != split.TEST)
    apart = bool(far_out(table.x[seen]).mean() <= candidates.FALSE)
    learned, validated = (
        _taught(table.rows(table.part == part), scaling, what, seed, apart)
        for part, what in ((split.TRAIN, "training"), (split.VALIDATION, "validation"))
    )
    return Taught(learned, validated)


def _taught(part: Table, scaling: Scaling, what: str, seed: int, apart: bool) -> Arrays:
    """A dimension alone counts as much as a kind of fault."""
    x = tails.raised(part.x, part.clean, scaling, seed)
    if not apart:
        return x, part.fail, weights(part)
    more = tails.alone(part.x, part.clean, scaling, tails.EACH[what], seed)
    weight = weights(part)
    k = x.shape[1]
    share = k / (k + len(np.unique(part.kind[part.fail])))
    faulty = weight[part.fail].sum()
    weight[part.fail] *= 1 - share
    return (
        np.concatenate([x, more]),
        np.concatenate([part.fail, np.ones(len(more), bool)]),
        np.concatenate([weight, np.full(len(more), faulty * share / len(more))]),
    )
