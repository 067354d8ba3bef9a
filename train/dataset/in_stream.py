"""A fault comes into a stream hop by hop: what the reference has become when a window holds all of it."""

from dataclasses import replace

import numpy as np
from motegate.firmware.device.window.measure import Dimensions

from ..faults import Windows
from ..host import engine
from .dataset import Dataset


def followed(dataset: Dataset, rows: np.ndarray, edited: Windows) -> Windows:
    """``edited`` windows of ``rows``, each against the reference that has followed through the windows before it which
    hold the fault's beginning.

    Where there is none, or the fault lies in the reference itself, it stays as given. A run that begins in front of its
    window is no longer there than in it, and what no window before shows differs in nothing from the ring's own.
    """
    lead = _lead(dataset, rows, edited)
    references, prototypes = edited.references.copy(), edited.prototypes.copy()
    dimensions = Dimensions(dataset.plan.for_device())
    for hops in range(int(lead.max(initial=0)), 0, -1):
        mine = np.flatnonzero(lead >= hops)
        partial = dataset.windows(rows[mine] - hops)
        begins = lead[mine] == hops
        references[mine[begins]] = partial.references[begins]
        at = hops * dataset.plan.hop
        for begun, whole in _slots(partial, edited):
            begun[..., at:] = whole[mine, ..., : dataset.plan.length - at]
        stats = dataset.statistics(partial)
        held = engine.against(dataset.plan, stats, partial.counts, references[mine], prototypes[mine])
        for n, (row, reference) in zip(mine, held, strict=True):
            dimensions.fill(row, reference)
            reference.follow(row)
            references[n] = reference.array
            if reference.regimes:
                prototypes[n] = reference.regimes.prototypes
    return replace(edited, references=references, prototypes=prototypes)


def _lead(dataset: Dataset, rows: np.ndarray, edited: Windows) -> np.ndarray:
    """How many hops before each window its fault has begun: int[N], 0 where not, or where nobody knows."""
    plan, original = dataset.plan, dataset.windows(rows)
    changed = np.zeros((len(rows), plan.length), bool)
    for held, was in _slots(edited, original):
        apart = held != was
        changed |= apart.any(axis=1) if apart.ndim == 3 else apart
    begun = np.where(changed.any(axis=1), np.argmax(changed, axis=1), plan.length)
    begun[(edited.references != original.references).any(axis=1)] = plan.length
    starts = dataset.slots.windows[dataset.judged]
    lead = np.zeros(len(rows), int)
    alive = np.ones(len(rows), bool)
    for hops in range(1, -(-plan.length // plan.hop)):
        before = np.maximum(rows - hops, 0)
        alive &= (rows >= hops) & (dataset.recording[before] == dataset.recording[rows])
        alive &= starts[before] == starts[rows] - hops * plan.hop
        lead[alive & (begun < plan.length - hops * plan.hop)] = hops
    return lead


def _slots(a: Windows, b: Windows) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(a.counts, b.counts), (a.lateness, b.lateness), (a.flags, b.flags)]
