"""Examples: windows that pass and windows that fail, for each part of a recording.

Good windows as recorded; labelled failures; good windows with a fault of every kind, over a span of severities, and, to
learn from, with two at once; and, where the policy gives the limit, benign changes, which stay below it and must pass.
Where the limit is learned, good windows as recorded say themselves what must pass: one in a hundred reaches it. Faults
come into the stream hop by hop (in_stream.py).
"""

import zlib
from dataclasses import dataclass

import numpy as np
from motegate.firmware.device import layout as at

from .. import faults
from ..policy import Plan
from .dataset import Dataset
from .in_stream import followed
from .split import TEST

TRAINING = (0.5, 16.0)  # severities of training and validation, spread evenly over their logarithm
GIVEN, BENIGN = (1.25, 16.0), (0.3, 1.0)  # where the limit is given: the policy's threshold, or the commissioned band
ALOUD = 256  # a benign change is one that lifts no dimension above its limit
SHOWN = 0.99  # of the severity asked for or of 1 x limit: what a window cannot show is no example
PER_KIND = {"train": 240, "validation": 100, "test": 40}
TWO = "two at once"
EVERY_TWO = 8  # of as many single faults, a pair of kinds has one


@dataclass(frozen=True)
class Examples:
    """Windows of one part.

    ``values`` int16[n, n_columns]; ``kind`` str[n]: "" as recorded, the fault's, "benign:" and its, or ``TWO``;
    ``cell`` int[n]: the fault's home in the plan, -1 without, ``second`` that of the other one; ``severity`` float64[n]
    in multiples of the limit, of two the greater; ``row`` int[n]: the dataset's row that it was made from. As recorded
    come first, in time order.
    """

    values: np.ndarray
    kind: np.ndarray
    cell: np.ndarray
    second: np.ndarray
    severity: np.ndarray
    row: np.ndarray

    def __len__(self) -> int:
        return len(self.values)


def given(plan: Plan, kind: faults.Kind) -> bool:
    """Whether the limit of the kind's home is the policy's or the commissioned band's, not learned of good windows."""
    cell = plan.cells[plan.homes[kind.home][0]]
    return cell.mode in (at.WIDTH0, at.FIXED) and kind.home not in faults.STATUS_HOMES


def spread(rng: np.random.Generator, span: tuple[float, float], n: int) -> np.ndarray:
    """n severities, evenly over the logarithm of ``span``, in random order."""
    low, high = np.log(span)
    return np.exp(rng.permutation(low + (np.arange(n) + rng.random(n)) / n * (high - low)))


def training_set(dataset: Dataset, part: int, seed: int, progress=None) -> Examples:
    """Examples of the training or the validation part."""

    def severities(kind: faults.Kind, rng: np.random.Generator) -> np.ndarray:
        span = GIVEN if given(dataset.plan, kind) else TRAINING
        return spread(rng, span, PER_KIND["train" if part == 0 else "validation"])

    return _make(dataset, part, seed, severities, progress)


def test_set(dataset: Dataset, seed: int, progress=None) -> Examples:
    """Examples of the test part: each kind at 1, 2 and 4 x limit, and evenly from 4 to 16."""

    def severities(kind: faults.Kind, rng: np.random.Generator) -> np.ndarray:
        n = PER_KIND["test"]
        return np.concatenate([np.repeat([1.0, 2.0, 4.0], n), spread(rng, (4.0001, 15.999), 2 * n)])

    return _make(dataset, TEST, seed, severities, progress)


def _make(dataset: Dataset, part: int, seed: int, severities, progress) -> Examples:
    here = np.flatnonzero(dataset.split.part == part)
    good = dataset.good(part)
    n = len(here)
    parts = [Examples(dataset.values[here], np.full(n, "", "U40"), _none(n), _none(n), np.zeros(n), here)]
    if not len(good):
        return parts[0]
    kinds = faults.kinds(dataset.plan, dataset.windows(good[:1]))
    for k, kind in enumerate(kinds):
        rng = np.random.default_rng([seed, part, zlib.crc32(kind.name.encode())])
        asked = severities(kind, rng)
        parts.append(_faulty(dataset, (kind,), rng.choice(good, len(asked)), (asked,), rng))
        lacking = len(asked) // 2 - len(parts[-1])
        if part != TEST and lacking > 0 and kind.home not in faults.STATUS_HOMES:
            parts.append(_unseen(dataset, kind, rng.choice(good, lacking), rng.permutation(asked)[:lacking], rng))
        more = [_benign(dataset, kind, good, len(asked) // 2, rng)]
        if part != TEST:
            more.append(_two(dataset, kind, kinds, good, severities, rng))
        parts += [some for some in more if some is not None]
        if progress:
            progress((k + 1) / len(kinds))
    return Examples(*(np.concatenate([getattr(p, name) for p in parts]) for name in Examples.__dataclass_fields__))


def _faulty(
    dataset: Dataset, kinds: tuple[faults.Kind, ...], rows: np.ndarray, asked: tuple[np.ndarray, ...], rng
) -> Examples:
    """Windows with a fault of each of ``kinds``, one or two, on top of each other; what cannot be shown is left out."""
    edited, made = dataset.windows(rows), []
    for kind, severity in zip(kinds, asked, strict=True):
        made.append(faults.inject(dataset.plan, edited, kind, severity, rng))
        edited = made[-1].windows
    values = dataset.measure(followed(dataset, rows, edited))
    shown = np.ones(len(rows), bool)
    for faulty, severity in zip(made, asked, strict=True):
        if faulty.raised:
            _raise(dataset, values, faulty.cell, severity)
        shown &= faulty.severity >= SHOWN * np.minimum(severity, 1.0)
    name = np.full(len(rows), TWO if len(made) > 1 else kinds[0].name, "U40")
    second = made[1].cell if len(made) > 1 else _none(len(rows))
    greater = np.max([faulty.severity for faulty in made], axis=0)
    return Examples(*(a[shown] for a in (values, name, made[0].cell, second, greater, rows)))


def _two(
    dataset: Dataset, kind: faults.Kind, kinds: list[faults.Kind], good: np.ndarray, severities, rng
) -> Examples | None:
    """Windows with a fault of ``kind`` and one of another home on top of it; None where there is no other."""
    others = [other for other in kinds if other.home != kind.home]
    if not others:
        return None
    pair = kind, others[rng.integers(len(others))]
    asked, more = (rng.permutation(severities(one, rng))[::EVERY_TWO] for one in pair)
    return _faulty(dataset, pair, rng.choice(good, len(asked)), (asked, more), rng)


def _none(n: int) -> np.ndarray:
    """No fault's home, of n windows."""
    return np.full(n, -1)


def _unseen(dataset: Dataset, kind: faults.Kind, rows: np.ndarray, asked: np.ndarray, rng) -> Examples:
    """What this recording cannot show, another site's may (here a channel fills its range, there it does not): the
    home's value is raised in good windows, so that the classifier heeds each of its children."""
    cells = np.array(dataset.plan.homes[kind.home])
    cell = rng.choice(cells, len(rows))
    values = dataset.values[rows].copy()
    _raise(dataset, values, cell, asked)
    return Examples(values, np.full(len(rows), kind.name, "U40"), cell, _none(len(rows)), asked, rows)


def _raise(dataset: Dataset, values: np.ndarray, cell: np.ndarray, asked: np.ndarray) -> None:
    """Raises the columns of each row's cell to what the severity is where a decade is half an octave."""
    raised = np.clip(ALOUD * (1 + 2 * (np.log2(1 + asked) - 1)), 0, at.RARITY_MOST).astype(np.int16)
    for j, column in enumerate(dataset.plan.columns):
        mine = np.isin(cell, column.cells)
        values[mine, j] = np.maximum(values[mine, j], raised[mine])


def _benign(dataset: Dataset, kind: faults.Kind, good: np.ndarray, n: int, rng) -> Examples | None:
    """Changes too small to matter, where a limit is given; else None."""
    if not given(dataset.plan, kind):
        return None
    home = dataset.policy.dimension(kind.home)
    rows = rng.choice(good, n)
    asked = spread(rng, BENIGN, n)
    asked[::2] = 1.0  # the limit itself is touched
    if home.unit == "slot":
        asked = np.where(asked > 0.5, 1.0, asked)  # a slot is a slot
    quiet = _faulty(dataset, (kind,), rows, (asked,), rng)
    mine = faults.columns_beside(dataset.plan, quiet.cell[:1])
    calm = (quiet.values <= np.maximum(dataset.values[quiet.row], ALOUD))[:, mine].all(axis=1)
    name = np.char.add("benign:", quiet.kind[calm])
    return Examples(
        quiet.values[calm], name, quiet.cell[calm], quiet.second[calm], quiet.severity[calm], quiet.row[calm]
    )
