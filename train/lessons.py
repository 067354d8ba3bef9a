"""Lessons: windows that pass and windows that fail, for each part of a recording.

Good windows as recorded; labelled failures; good windows with a fault of every kind, over a span of severities;
and benign changes, which stay below a tail and must pass.
"""

import zlib
from dataclasses import dataclass

import numpy as np
from motegate.firmware.device import layout as at

from . import faults
from .material import Material
from .plan import Plan
from .split import TEST

TEACH = (1.5, 32.0)  # severities of training and validation, spread evenly over their logarithm
BENIGN = (0.2, 0.9)
LIMIT, WITHIN = (1.25, 16.0), (0.3, 1.0)  # the same where a tail is a limit: a whole band, or the policy's threshold
ALOUD = 256  # a benign change is one that lifts no dimension above its tail
SHOWN = 0.99  # of the severity asked for or of 1 tail: what a window cannot show is no lesson
PER_KIND = {"train": 240, "validation": 100, "test": 60}


@dataclass(frozen=True)
class Lessons:
    """Windows of one part.

    ``values`` int16[n, n_columns]; ``kind`` str[n]: "" as recorded, the fault's, or "benign:" and its; ``cell``
    int[n]: the fault's home in the plan, -1 without; ``severity`` float64[n] in tails; ``row`` int[n]: the
    material's row that it was made from. As recorded come first, in time order.
    """

    values: np.ndarray
    kind: np.ndarray
    cell: np.ndarray
    severity: np.ndarray
    row: np.ndarray

    def __len__(self) -> int:
        return len(self.values)


def limited(plan: Plan, kind: faults.Kind) -> bool:
    """Whether a tail of the kind's home is a limit that someone set, not what one good window in a hundred exceeds."""
    cell = plan.cells[plan.homes[kind.home][0]]
    return cell.mode in (at.WIDTH, at.WIDTH0, at.FIXED) and kind.home not in faults.STATUS_HOMES


def spread(rng: np.random.Generator, span: tuple[float, float], n: int) -> np.ndarray:
    """n severities, evenly over the logarithm of ``span``, in random order."""
    low, high = np.log(span)
    return np.exp(rng.permutation(low + (np.arange(n) + rng.random(n)) / n * (high - low)))


def teach(material: Material, part: int, seed: int, progress=None) -> Lessons:
    """Lessons of the training or the validation part."""

    def severities(kind: faults.Kind, rng: np.random.Generator) -> np.ndarray:
        span = LIMIT if limited(material.plan, kind) else TEACH
        return spread(rng, span, PER_KIND["train" if part == 0 else "validation"])

    return _make(material, part, seed, severities, progress)


def examine(material: Material, seed: int, progress=None) -> Lessons:
    """Lessons of the test part: each kind at 1, 2 and 4 tails, and evenly from 4 to 16."""

    def severities(kind: faults.Kind, rng: np.random.Generator) -> np.ndarray:
        n = PER_KIND["test"]
        return np.concatenate([np.repeat([1.0, 2.0, 4.0], n), spread(rng, (4.0001, 15.999), 2 * n)])

    return _make(material, TEST, seed, severities, progress)


def _make(material: Material, part: int, seed: int, severities, progress) -> Lessons:
    here = np.flatnonzero(material.split.part == part)
    good = material.good(part)
    n = len(here)
    parts = [Lessons(material.values[here], np.full(n, "", "U40"), np.full(n, -1), np.zeros(n), here)]
    if not len(good):
        return parts[0]
    kinds = faults.kinds(material.plan, material.windows(good[:1]))
    for k, kind in enumerate(kinds):
        rng = np.random.default_rng([seed, part, zlib.crc32(kind.name.encode())])
        asked = severities(kind, rng)
        parts.append(_faulty(material, kind, rng.choice(good, len(asked)), asked, rng))
        quiet = _benign(material, kind, good, len(asked) // 2, rng)
        if quiet is not None:
            parts.append(quiet)
        if progress:
            progress((k + 1) / len(kinds))
    return Lessons(*(np.concatenate([getattr(p, name) for p in parts]) for name in Lessons.__dataclass_fields__))


def _faulty(material: Material, kind: faults.Kind, rows: np.ndarray, asked: np.ndarray, rng) -> Lessons:
    faulty = faults.inject(material.plan, material.windows(rows), kind, asked, rng)
    values = material.measure(faulty.windows)
    if faulty.raised:
        column = material.plan.column_of(faulty.cell[0])
        raised = np.round(256 * np.log2(1 + asked)).astype(np.int16)
        values[:, column] = np.maximum(values[:, column], raised)
    shown = faulty.severity >= SHOWN * np.minimum(asked, 1.0)
    name = np.full(len(rows), kind.name, "U40")
    return Lessons(*(a[shown] for a in (values, name, faulty.cell, faulty.severity, rows)))


def _benign(material: Material, kind: faults.Kind, good: np.ndarray, n: int, rng) -> Lessons | None:
    """Changes too small to matter; None for status fields, which are inside their bounds or not."""
    home = material.policy.dimension(kind.home)
    if home.unit == "status":
        return None
    rows = rng.choice(good, n)
    asked = spread(rng, WITHIN if limited(material.plan, kind) else BENIGN, n)
    asked[::2] = 1.0  # the tail itself is touched
    if home.unit == "slot":
        asked = np.where(asked > 0.5, 1.0, asked)  # a slot is a slot
    quiet = _faulty(material, kind, rows, asked, rng)
    mine = faults.columns_beside(material.plan, quiet.cell[:1])
    calm = (quiet.values <= np.maximum(material.values[quiet.row], ALOUD))[:, mine].all(axis=1)
    name = np.char.add("benign:", quiet.kind[calm])
    return Lessons(quiet.values[calm], name, quiet.cell[calm], quiet.severity[calm], quiet.row[calm])
