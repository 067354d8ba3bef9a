"""Which kinds of fault there are for a plan, and the one way to put them into windows.

A kind moves its *home* dimension: its size is ``severity`` times the limit of it, taken from the reference that the
window is judged against. It fails the parents that hold
the home directly. Faults are put into slots, where thousands of windows are edited at once; what the ring would have
made of faulty records is the same, bit for bit (a test).

To add one: a function of a ``Job`` in signal.py, level.py or record.py, and its line in ``KINDS`` there.
"""

import numpy as np
from motegate.firmware.device import layout as at

from ..policy import Parent, Plan
from . import level, record, regime, signal
from .fault import Faulty, Job, Kind, Windows
from .severity_scale import SeverityScale

STATUS_HOMES = ("integration", "enrichment", "location", "trust", "privacy")


def all_kinds() -> list[Kind]:
    status = [Kind(f"{home} out of bounds", home, out_of_bounds) for home in STATUS_HOMES]
    return [*record.KINDS, *signal.KINDS, *level.KINDS, *regime.KINDS, *status]


def kinds(plan: Plan, windows: Windows) -> list[Kind]:
    """The kinds that can move a dimension of this plan in such windows; a user's own gets one of its own name."""
    here = plan.homes
    known = all_kinds()
    own = [Kind(f"{home} raised", home, raise_value) for home in here if home not in {k.home for k in known}]
    return [
        kind
        for kind in known
        if kind.home in here
        and (windows.numbered or kind.name != "sequence gaps")
        and (kind.home != "consistency" or len(_paired(plan, windows, here[kind.home])))
    ] + own


def _paired(plan: Plan, windows: Windows, cells: list[int]) -> list[int]:
    """Those of a dimension's cells whose channel has a partner that explains it."""
    first = windows.references[0]
    return [k for k in cells if first[at.REF_HEAD + plan.cells[k].channel * at.REF_STRIDE + at.PAIR] >= 0]


def inject(plan: Plan, windows: Windows, kind: Kind, severity: np.ndarray, rng: np.random.Generator) -> Faulty:
    """Puts a fault of ``kind`` into each window: ``severity`` float64[N] multiples of its home's limit, on any of its
    channels."""
    cells = plan.homes[kind.home]
    if kind.home == "consistency":
        cells = _paired(plan, windows, cells)
    cell = rng.choice(cells, len(windows))
    channel = np.array([plan.cells[k].channel for k in cell])
    copies = windows.take(np.arange(len(windows)))
    limit = SeverityScale(plan, copies.references).limit(cell)
    size = np.asarray(severity) * limit
    job = Job(plan, copies, kind.home, channel, size, rng)
    reached = kind.make(job)
    reached = size if reached is None else np.minimum(reached, size * 1.0001)
    own = kind.make is raise_value
    return Faulty(job.windows, kind.name, cell, np.where(reached < size * 0.999, reached / limit, severity), own)


def fails(plan: Plan, parent: Parent, cell: np.ndarray) -> np.ndarray:
    """bool[N]: whether a fault at home in ``cell`` fails this parent."""
    return np.isin(cell, list(plan.cells_of(parent)))


def columns_beside(plan: Plan, cell: np.ndarray) -> list[int]:
    """The columns of all parents that a fault at home in ``cell`` fails: those which see it."""
    seen = [parent.columns for parent in plan.parents if fails(plan, parent, cell).any()]
    return sorted({column for columns in seen for column in columns})


def out_of_bounds(job: Job) -> None:
    """One status field of the home dimension lies ``size`` units outside one of its bounds."""
    fields = [i for i, field in enumerate(job.plan.status) if field.dimension == job.home]
    chosen = job.rng.choice(fields, len(job.rows))
    for row, index in enumerate(chosen):
        field = job.plan.status[index]
        sides = [(bound, sign) for bound, sign in ((field.min, -1), (field.max, 1)) if bound is not None]
        bound, sign = sides[job.rng.integers(len(sides))]
        job.windows.status[row, index] = bound + sign * max(1, round(job.size[row]))


def raise_value(job: Job) -> None:
    """A user's own dimension: no fault is known that moves it, so its value is raised afterwards."""
