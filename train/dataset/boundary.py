"""Windows at the boundaries, named in plain words: what the robustness test of a converted model judges.

Good windows that are ordinary, and those in which a dimension is largest; samples just inside, at and just outside of
range and rails; none to all of them missing; every kind of fault at rising severity, and two at once; time reversed,
repeated, stalled; integer extremes. All of them are measured against one reference, the one that ships.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from motegate.firmware.device import layout as at
from motegate.firmware.device.reference.reference import Reference

from .. import faults
from ..faults import Windows
from ..host import engine
from ..policy import Plan
from .dataset import Dataset, measure, statistics

LOOKED_AT = 400  # good windows, evenly over the recording
ORDINARY = 8  # of them, the most ordinary
SEVERITIES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
PAIRED = 16.0  # of two faults at once
MOST = 32767  # of a count and of the lateness


@dataclass(frozen=True)
class Boundary:
    """``names`` str[n]; of each window ``values`` int16[n, n_columns], ``no_data`` bool[n] and, of a fault, its
    ``kind`` str[n] ("" else) and ``severity`` float64[n]; ``windows``: the windows themselves."""

    names: np.ndarray
    kind: np.ndarray
    severity: np.ndarray
    windows: Windows
    values: np.ndarray
    no_data: np.ndarray

    def arrays(self) -> dict[str, np.ndarray]:
        """As a file keeps it: without the reference, which lies beside it."""
        kept = {name: getattr(self.windows, name) for name in KEPT}
        own = {name: getattr(self, name) for name in ("names", "kind", "severity", "values", "no_data")}
        return own | kept


KEPT = ("counts", "lateness", "flags", "carry", "status")


def boundary(dataset: Dataset, seed: int, listed: Dataset | None = None) -> Boundary:
    """Of a dataset's good windows, measured against ``dataset.reference``; ``listed``: the same recordings by all
    dimensions that the policy lists, whose limits say how large a fault is."""
    plan = dataset.plan
    base, values = _looked_at(dataset)
    quiet = np.argsort(values.max(axis=1, initial=0), kind="stable")[:ORDINARY]
    made: list[tuple[str, str, float, Windows]] = []
    for n, row in enumerate(quiet):
        made.append((f"ordinary window {n + 1}", "", 0.0, base.take(np.array([row]))))
    for j, column in enumerate(plan.columns):
        row = int(np.argmax(values[:, j]))
        made.append((f"the good window with the most {column.name}", "", 0.0, base.take(np.array([row]))))
    ordinary = base.take(quiet)
    first = ordinary.take(np.array([0]))
    made += [(name, "", 0.0, some) for name, some in (*_edges(plan, first), *_missing(plan, first), *_time(first))]
    made += [(name, "", 0.0, some) for name, some in _extremes(first)]
    hosts, by = ordinary, plan
    if listed is not None:
        by = listed.plan
        hosts = against(by, listed.reference, *(getattr(ordinary, name) for name in KEPT))
        hosts = replace(hosts, numbered=listed.numbered)
    made += _faults(by, hosts, np.random.default_rng([seed, 11]))
    names, kinds, severities, windows = zip(*made, strict=True)
    joined = (np.concatenate([getattr(some, name) for some in windows]) for name in KEPT)
    whole = against(plan, dataset.reference, *joined)
    stats = statistics(plan, whole)
    values = engine.values_against(plan, stats, whole.counts, whole.references, whole.prototypes)
    return Boundary(np.array(names), np.array(kinds), np.array(severities), whole, values, engine.no_data(plan, stats))


def against(plan: Plan, reference: bytes, counts, lateness, flags, carry, status) -> Windows:
    """Windows that are all judged by one reference, a file's bytes."""
    held = Reference(plan.for_device(), reference, 0)
    n = len(counts)
    return Windows(
        counts, lateness, flags, carry, status, np.repeat(np.array(held.array, np.int32)[None], n, axis=0),
        np.repeat(engine.prototypes(held)[None], n, axis=0),
    )  # fmt: skip


def _looked_at(dataset: Dataset) -> tuple[Windows, np.ndarray]:
    """Good windows and what they are against the reference that ships."""
    rows = np.flatnonzero(dataset.clean)
    rows = rows[np.linspace(0, len(rows) - 1, min(LOOKED_AT, len(rows))).astype(int)]
    own = dataset.windows(rows)
    some = against(dataset.plan, dataset.reference, *(getattr(own, name) for name in KEPT))
    some = replace(some, numbered=dataset.numbered)
    return some, measure(dataset.plan, some)


def _edges(plan: Plan, first: Windows) -> Iterator[tuple[str, Windows]]:
    """One sample, in the middle of the window, about the ends of range and rails."""
    middle = plan.length // 2
    for c, channel in enumerate(plan.channels):
        ends = [("range", channel.range), ("rails", channel.rails)]
        for what, (low, high) in ends:
            for end, outwards, name in ((low, -1, "low"), (high, 1, "high")):
                for step, where in ((-1, "just inside of"), (0, "at"), (1, "just outside of")):
                    count = end + outwards * step
                    if abs(count) <= MOST:
                        edited = first.take(np.array([0]))
                        edited.counts[0, c, middle] = count
                        yield f"{channel.name}: a sample {where} the {name} end of its {what}", edited


def _missing(plan: Plan, first: Windows) -> Iterator[tuple[str, Windows]]:
    least = -(-plan.length // 4)  # samples that the no-data rule lets pass
    for n, name in (
        (1, "one sample"),
        (plan.length // 4, "a quarter of the samples"),
        (plan.length - least, "as many samples as may be"),
        (plan.length - least + 1, "one sample too many"),
        (plan.length, "all samples"),
    ):
        edited = first.take(np.array([0]))
        edited.counts[0, :, plan.length - n :] = at.MISSING
        yield f"{name} missing of every channel", edited


def _time(first: Windows) -> Iterator[tuple[str, Windows]]:
    reverse = first.take(np.array([0]))
    reverse.counts[0] = reverse.counts[0, :, ::-1]
    yield "samples in reverse order", reverse
    backwards = reverse.take(np.array([0]))
    backwards.flags[0, 1:] |= at.BACKWARDS
    backwards.lateness[0, 1:] = -MOST
    yield "time running backwards", backwards
    repeated = first.take(np.array([0]))
    repeated.counts[0] = repeated.counts[0, :, :1]
    repeated.flags[0, 1:] |= at.DUPLICATE
    repeated.lateness[0, 1:] = -MOST
    yield "one record repeated all through", repeated
    late = first.take(np.array([0]))
    late.lateness[0] = MOST
    yield "every record a period late", late
    stalled = first.take(np.array([0]))
    half = stalled.counts.shape[2] // 2
    stalled.counts[0, :, half:] = at.MISSING
    stalled.flags[0, half:] |= at.ABSENT
    yield "the stream stalled half-way", stalled


def _extremes(first: Windows) -> Iterator[tuple[str, Windows]]:
    length = first.counts.shape[2]
    jumps = np.where(np.arange(length) % 2, MOST, -MOST)
    steps = np.where(np.arange(length) < length // 2, MOST, -MOST)
    for name, x in (
        ("all samples the largest integer", np.full(length, MOST)),
        ("all samples the smallest integer", np.full(length, -MOST)),
        ("samples 0", np.zeros(length)),
        ("samples between the extremes of an integer", jumps),
        ("a step from the largest integer to the smallest", steps),
        ("a ramp over all integers", np.linspace(-MOST, MOST, length)),
    ):
        edited = first.take(np.array([0]))
        edited.counts[:] = x.astype(np.int16)
        yield name, edited
    edited = first.take(np.array([0]))
    edited.counts[:] = 0
    edited.carry[..., at.CARRY_RUN] = at.LONGEST_RUN
    edited.carry[..., at.CARRY_VALUE] = 0
    yield "a run as long as can be counted", edited


def _faults(plan: Plan, ordinary: Windows, rng: np.random.Generator) -> list[tuple[str, str, float, Windows]]:
    """Each kind at rising severity in two windows, and every pair of kinds of different homes."""
    found = []
    kinds = [kind for kind in faults.kinds(plan, ordinary.take(np.array([0]))) if _in_slots(plan, ordinary, kind)]
    hosts = [ordinary.take(np.array([n % len(ordinary)])) for n in range(2)]
    for kind in kinds:
        for n, host in enumerate(hosts):
            for severity in SEVERITIES:
                made = faults.inject(plan, host, kind, np.array([severity]), rng)
                name = f"{kind.name}, {severity:g} x limit, in ordinary window {n + 1}"
                found.append((name, kind.name, severity, made.windows))
    for i, kind in enumerate(kinds):
        for other in kinds[i + 1 :]:
            if other.home != kind.home:
                windows = hosts[0]
                for one in (kind, other):
                    windows = faults.inject(plan, windows, one, np.array([PAIRED]), rng).windows
                found.append((f"{kind.name} and {other.name}, {PAIRED:g} x limit each", "", PAIRED, windows))
    return found


def _in_slots(plan: Plan, ordinary: Windows, kind: faults.Kind) -> bool:
    """Whether a window can have this fault: that of a user's own dimension is not known, and ageing is the
    reference's."""
    host = ordinary.take(np.array([0]))
    made = faults.inject(plan, host, kind, np.array([PAIRED]), np.random.default_rng(0))
    return not made.raised and bool((made.windows.references == host.references).all())
