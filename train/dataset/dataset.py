"""The dataset of training: a recording's judged windows, which of them are good, and who may see which."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from motegate.firmware.clock import DAY_MS
from motegate.firmware.errors import InputError

from .. import recording
from ..faults import Windows
from ..host import engine, ring, scan
from ..policy import Plan, Policy, compile_policy
from . import pairs, split

LEAST = 30  # judged windows without which no part holds enough


class TrainingError(InputError):
    """The recording cannot be trained on: what, where, what is expected."""


@dataclass(frozen=True)
class Dataset:
    """Windows of a recording, measured as the device would.

    ``slots``: the whole recording. ``judged`` int64[k]: the windows after commissioning, in time order. With a row for
    each of them: ``values`` int16[k, n_columns], ``references`` int32[k, n_ref] (before the window), ``status``
    int32[k, F], ``clean`` bool[k] (nothing labelled, enough samples), ``fails`` parent -> bool[k] (only where the
    recording has labels) and ``split``. ``reference``: the file's bytes after the last window. ``numbered``: the
    records carry sequence numbers. ``sources``: the recording's files.
    """

    policy: Policy
    plan: Plan
    slots: ring.Slots
    judged: np.ndarray
    values: np.ndarray
    references: np.ndarray
    status: np.ndarray
    clean: np.ndarray
    fails: dict[str, np.ndarray]
    split: split.Split
    reference: bytes
    numbered: bool
    sources: tuple[Path, ...] = field(default=())

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
            self.references[rows], self.numbered,
        )  # fmt: skip

    def measure(self, some: Windows) -> np.ndarray:
        """Dimension values of edited windows: int16[N, n_columns]."""
        gains = engine.pairs(some.references[0], len(self.plan.channels)) if len(some) else None
        status = some.status if self.plan.status else None
        stats = scan.scan(self.plan, some.counts, some.lateness, some.flags, some.carry, status, gains)
        return engine.values_against(self.plan, stats, some.counts, some.references)


def load(policy: Policy, paths: list[Path], shares: split.Shares = split.SHARES) -> Dataset:
    """Reads recordings, commissions and follows the reference, marks labels and parts."""
    compiled = compile_policy(policy)
    records = recording.read(policy, paths)
    slots = ring.expand(compiled, records)
    labels = {
        name: split.label_shares(slots.row, slots.windows, policy.length, rows) for name, rows in records.fails.items()
    }
    total = len(slots.windows)
    commission = policy.reference_windows or min(200, total // 4)
    if total < commission + LEAST:
        raise TrainingError(
            f"{paths[0]}: {total} windows of {policy.length} records, of which commissioning takes {commission}; "
            f"expected at least {commission + LEAST}: a longer recording, a smaller hop or fewer reference.windows"
        )
    blank = None
    if "consistency" in compiled.dimensions:
        quiet = np.all([share == 0 for share in labels.values()], axis=0) if labels else np.ones(total, bool)
        seen = np.flatnonzero(quiet & (np.arange(total) < commission + shares[0] * (total - commission)))
        blank = pairs.reference(compiled, pairs.find(ring.cut(compiled, slots, seen)[0]))
    gains = engine.Engine(compiled, blank).pairs if blank else None
    slots, stats = scan.measure(compiled, records, gains)
    machine = engine.Engine(compiled, blank, commission)
    run = machine.run(slots, stats)
    judged = np.arange(run.first, total)
    clean = ~run.no_data[judged]
    for share in labels.values():
        clean &= share[judged] == 0
    status = records.status[slots.last_row[judged]] if compiled.status else np.zeros((len(judged), 0), np.int32)
    return Dataset(
        policy, compiled, slots, judged, run.values[judged], run.references[judged], status, clean,
        {name: share[judged] >= policy.label_share for name, share in labels.items()},
        split.by_time(slots.windows[judged], policy.length, shares), machine.reference,
        bool((records.seqs >= 0).any()), tuple(Path(path) for path in paths),
    )  # fmt: skip
