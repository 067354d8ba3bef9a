"""The dataset of training: a recording's judged windows, which of them are good, and who may see which."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from motegate.firmware.clock import DAY_MS
from motegate.firmware.errors import InputError

from .. import recording
from ..faults import Windows
from ..host import engine, ring, scan
from ..policy import Plan, Policy, compile_policy
from . import pairs, prior, regimes, split
from .following import auto

LEAST = 30  # judged windows without which no part holds enough


class TrainingError(InputError):
    """The recording cannot be trained on: what, where, what is expected."""


@dataclass(frozen=True)
class Dataset:
    """Windows of a recording, measured as the device would.

    ``slots``: the whole recording. ``judged`` int64[k]: the windows after commissioning, in time order. With a row for
    each of them: ``values`` int16[k, n_columns], ``references`` int32[k, n_ref] (before the window), ``recording``
    int64[k] (the row of ``prototypes`` int16[..., m] that it was judged by), ``status`` int32[k, F], ``clean`` bool[k]
    (nothing labelled, enough samples), ``fails`` parent -> bool[k] (only where the recording has labels) and ``split``.
    ``ends`` int64[k]: seconds since 2020 of each window's newest record.
    ``reference``: the file's bytes after the last window, with the regimes of all that training may see. ``numbered``:
    the records carry sequence numbers. ``sources``: the recordings' files, each of which was commissioned by itself.
    ``following``: how fast the reference follows and why, where the policy leaves it to training; ``policy`` has it
    then.
    """

    policy: Policy
    plan: Plan
    slots: ring.Slots
    judged: np.ndarray
    values: np.ndarray
    references: np.ndarray
    recording: np.ndarray
    prototypes: np.ndarray
    status: np.ndarray
    clean: np.ndarray
    fails: dict[str, np.ndarray]
    split: split.Split
    reference: bytes
    ends: np.ndarray
    numbered: bool
    sources: tuple[Path, ...] = field(default=())
    following: str | None = None

    @property
    def windows_per_day(self) -> float:
        return DAY_MS / (self.policy.hop * self.policy.period_ms)

    def good(self, part: int) -> np.ndarray:
        """Rows of clean windows of one part, in time order."""
        return np.flatnonzero(self.clean & (self.split.part == part))

    def windows(self, rows: np.ndarray) -> Windows:
        """The slots of some rows, with the reference that each was judged against."""
        index = self.judged[rows]
        counts, lateness, flags = ring.cut(self.plan, self.slots, index)
        return Windows(
            np.ascontiguousarray(counts), lateness, flags, self.slots.carry[index], self.status[rows],
            self.references[rows], self.prototypes[self.recording[rows]], self.numbered,
        )  # fmt: skip

    def measure(self, some: Windows) -> np.ndarray:
        """Dimension values of edited windows: int16[N, n_columns]."""
        return measure(self.plan, some)

    def statistics(self, some: Windows) -> np.ndarray:
        """Statistics of edited windows, without histograms: int32[N, n_stats]."""
        return statistics(self.plan, some)


def measure(plan: Plan, some: Windows) -> np.ndarray:
    """Dimension values of windows, each against its reference: int16[N, n_columns]."""
    return engine.values_against(plan, statistics(plan, some), some.counts, some.references, some.prototypes)


def statistics(plan: Plan, some: Windows) -> np.ndarray:
    """Statistics of windows, without histograms: int32[N, n_stats]."""
    gains = engine.pairs(some.references[0], len(plan.channels)) if len(some) else None
    status = some.status if plan.status else None
    return scan.scan(plan, some.counts, some.lateness, some.flags, some.carry, status, gains)


def load(policy: Policy, paths: list[Path], shares: split.Shares = split.SHARES) -> Dataset:
    """Reads recordings, commissions and follows the reference of each, marks labels and parts.

    Where the policy asks for regimes, each half of the training part is measured by those of the other: a window lies
    nearer to regimes that it helped to find than any later one will.
    """
    compiled = compile_policy(policy)
    parts = [_Recording(compiled, recording.read(policy, [path]), path) for path in paths]
    total = sum(len(part.slots.windows) for part in parts)
    commission = policy.reference_windows or min(200, total // (4 * len(parts)))
    for part in parts:
        part.check(commission)
    slots, labels, status = ring.concatenate([part.slots for part in parts]), *_joined(parts)
    ends = np.cumsum([len(part.slots.windows) for part in parts])
    judged = np.concatenate(
        [np.arange(end - len(part.slots.windows) + commission, end) for part, end in zip(parts, ends, strict=True)]
    )
    number = np.repeat(np.arange(len(parts)), [len(part.slots.windows) for part in parts])
    by = split.by_time(slots.windows[judged], policy.length, shares, number[judged])
    quiet = np.all([share == 0 for share in labels.values()], axis=0) if labels else np.ones(total, bool)
    in_training = by.part == split.TRAIN
    may_see = quiet[judged] & (in_training | (by.part == split.VALIDATION))
    blank = None
    if "consistency" in compiled.dimensions:
        behind = np.zeros(total, bool)  # training: what lies behind it has no part in this
        behind[judged[~in_training]] = True
        seen = np.flatnonzero(quiet & ~behind)
        blank = pairs.reference(compiled, pairs.find(ring.cut(compiled, slots, seen)[0]))
    for part in parts:
        part.measure(compiled, blank)
    following = None
    if policy.follow_per_day is None:

        def tried(plan: Plan) -> tuple[engine.Run, np.ndarray]:
            runs = [part.run(plan, blank, commission) for part in parts]
            values = np.concatenate([run.values[run.first :] for run in runs])
            return replace(runs[0], first=0, values=values), may_see

        rate, following = auto(policy, total * policy.hop * policy.period_ms / DAY_MS, tried)
        policy = replace(policy, follow_per_day=rate)
        compiled = compile_policy(policy)
    first = [part.run(compiled, blank, commission) for part in parts]
    blank = prior.with_limits(compiled, blank, _all(first, "references")[judged][in_training])
    sides = [blank]
    other = np.zeros(total, int)
    if compiled.has_regimes():
        halves = regimes.halves(in_training)
        other[judged[halves[0]]] = 1
        signatures = _all(first, "signatures")[judged]
        sides = [
            regimes.shipped(compiled, blank, regimes.find(compiled, signatures, quiet[judged] & side))
            for side in halves
        ]
    runs = [[part.run(compiled, side, commission) for part in parts] for side in sides]

    def chosen(name: str) -> np.ndarray:
        """Of each window what was made of it by regimes that it did not help to find."""
        return np.stack([_all(side, name) for side in runs])[other, np.arange(total)]

    values, references, no_data = chosen("values"), chosen("references"), chosen("no_data")
    reference = parts[-1].reference
    if len(parts) > 1:
        reference = prior.with_limits(compiled, reference, references[judged][in_training])
    if compiled.has_regimes():
        found = regimes.find(compiled, chosen("signatures")[judged], may_see)
        # what goes on in good windows that the shipped regimes have no room for is not to pass for a failure either
        shipped = [part.run(compiled, regimes.shipped(compiled, blank, found), commission) for part in parts]
        values = np.maximum(values, _all(shipped, "values"))
        reference = regimes.shipped(compiled, reference, found)
    clean = ~no_data[judged]
    for share in labels.values():
        clean &= share[judged] == 0
    number += other * len(parts)
    return Dataset(
        policy, compiled, slots, judged, values[judged], references[judged], number[judged],
        np.stack([run.prototypes for side in runs for run in side]), status[judged], clean,
        {name: share[judged] >= policy.label_share for name, share in labels.items()}, by, reference,
        np.concatenate([part.ends() for part in parts])[judged],
        any(bool((part.records.seqs >= 0).any()) for part in parts), tuple(Path(path) for path in paths), following,
    )  # fmt: skip


class _Recording:
    """One recording on its way into a dataset."""

    def __init__(self, plan: Plan, records: recording.Records, path: Path):
        self.plan = plan
        self.records = records
        self.path = path
        self.slots = ring.expand(plan, records)

    def check(self, commission: int) -> None:
        n = len(self.slots.windows)
        if n < commission + LEAST:
            raise TrainingError(
                f"{self.path}: {n} windows of {self.plan.length} records, of which commissioning takes {commission}; "
                f"expected at least {commission + LEAST}: a longer recording, a smaller hop or fewer reference.windows"
            )

    def labels(self) -> dict[str, np.ndarray]:
        """Share of each window's records that fail a parent."""
        return {
            name: split.label_shares(self.slots.row, self.slots.windows, self.plan.length, rows)
            for name, rows in self.records.fails.items()
        }

    def ends(self) -> np.ndarray:
        """Seconds since 2020 of each window's newest record."""
        return self.records.seconds[self.slots.last_row].astype(np.int64)

    def status(self) -> np.ndarray:
        n = len(self.slots.windows)
        return self.records.status[self.slots.last_row] if self.plan.status else np.zeros((n, 0), np.int32)

    def measure(self, plan: Plan, blank: bytes | None) -> None:
        self._stats = scan.measure(plan, self.records, engine.Engine(plan, blank).pairs if blank else None)[1]

    def run(self, plan: Plan, blank: bytes | None, commission: int) -> engine.Run:
        machine = engine.Engine(plan, blank, commission)
        run = machine.run(self.slots, self._stats)
        self.reference = machine.reference
        return run


def _all(runs: list[engine.Run], name: str) -> np.ndarray:
    """One field of the windows of all recordings."""
    return np.concatenate([getattr(run, name) for run in runs])


def _joined(parts: list[_Recording]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Labels and status of all windows; a recording without a label that another has says nothing of it: 0."""
    found = [part.labels() for part in parts]
    names = dict.fromkeys(name for labels in found for name in labels)
    nothing = [np.zeros(len(part.slots.windows)) for part in parts]
    labels = {
        name: np.concatenate([each.get(name, none) for each, none in zip(found, nothing, strict=True)])
        for name in names
    }
    return labels, np.concatenate([part.status() for part in parts])
