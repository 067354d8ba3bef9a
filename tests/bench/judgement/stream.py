"""A recording as a device of its own sees it, from some window on."""

from dataclasses import dataclass, replace

import numpy as np
from motegate.train.dataset import split
from motegate.train.faults import Windows
from motegate.train.host import Trained, engine, ring, scan
from motegate.train.policy import Plan
from motegate.train.recording import Records


@dataclass(frozen=True)
class Stream:
    """The windows of a recording from ``begin`` on, judged by the reference as it stood there (``reference``, a file).

    ``slots`` and ``stats`` are the whole recording's; ``values`` int16[n, columns], ``references`` int32[n, n_ref]
    (before each window), ``prototypes`` of its regimes, ``silent`` int16[m, columns] (commissioning's last
    windows), ``no_data`` and ``clean`` bool[n] (nothing labelled, enough samples) and ``seconds`` int64[n] (of the
    newest record) have a row for each window from ``begin`` on.
    """

    plan: Plan
    slots: ring.Slots
    stats: np.ndarray
    status: np.ndarray
    pairs: list[tuple[int, int]]
    numbered: bool
    begin: int
    reference: bytes
    values: np.ndarray
    references: np.ndarray
    prototypes: np.ndarray
    silent: np.ndarray
    no_data: np.ndarray
    clean: np.ndarray
    seconds: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    def window(self, row: int) -> Windows:
        """One window by its row, alone."""
        index = np.array([self.begin + row])
        counts, lateness, flags = ring.cut(self.plan, self.slots, index)
        return Windows(
            np.ascontiguousarray(counts), lateness, flags, self.slots.carry[index], self.status[index],
            self.references[[row]], self.prototypes[None], self.numbered,
        )  # fmt: skip


def stream(trained: Trained, records: Records, test_part: bool) -> Stream:
    """The last fifth of a recording, as training's split cuts it (``test_part``), or all behind the commissioning.

    All but one window: an engine commissions only where something comes behind it.
    """
    plan = trained.plan
    whole = engine.Engine(plan, trained.reference)
    pairs = whole.pairs
    slots, stats = scan.measure(plan, records, pairs)
    total = len(stats)
    first = whole.commission_windows(total)
    begin = first + 1 if first else 0
    if test_part:
        begin = first + int(split.by_time(slots.windows[first:], plan.length).indices(split.TEST)[0])
    head = engine.Engine(plan, trained.reference, first)
    early = head.run(part(slots, 0, begin), stats[:begin])
    reference = head.reference if begin else trained.reference
    run = engine.Engine(plan, reference, 0).run(part(slots, begin, total), stats[begin:])
    clean = ~run.no_data
    for labels in records.fails.values():
        clean &= split.label_shares(slots.row, slots.windows[begin:], plan.length, labels) == 0
    newest = slots.last_row
    status = records.status[newest] if plan.status else np.zeros((total, 0), np.int32)
    return Stream(
        plan, slots, stats, status, pairs, bool((records.seqs >= 0).any()), begin, reference, run.values,
        run.references, run.prototypes, early.values[early.silent], run.no_data, clean,
        records.seconds[newest[begin:]].astype(np.int64),
    )  # fmt: skip


def part(slots: ring.Slots, begin: int, end: int) -> ring.Slots:
    """The same slots with only some of their windows."""
    held = {name: getattr(slots, name)[begin:end] for name in ("windows", "last_row", "carry")}
    return replace(slots, **held)
