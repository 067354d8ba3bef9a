"""The dimensions of a recording on the host: the device's own measures and reference, window by window.

Ring and scan come vectorised from ring.py and scan.py; everything behind them is the device's code, run by CPython,
because the reference follows and a window depends on those before it.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from motegate.firmware.device import layout
from motegate.firmware.device.boot.reference import dump
from motegate.firmware.device.judging.classifiers import holds_too_little
from motegate.firmware.device.layout import MISSING
from motegate.firmware.device.reference.reference import Reference
from motegate.firmware.device.window.measure import Dimensions

from ..policy import Plan
from .ring import Slots, cut


@dataclass(frozen=True)
class Run:
    """What the device makes of each window.

    ``first``: index of the first judged window; those before were commissioning, and their rows are as
    measured. ``silent``: those windows of commissioning whose levels pull the thresholds, int64[m]. ``values``
    int16[k, n_columns]; ``measures`` int32[k, n_cells]; ``references`` int32[k, n_ref]: the reference before each
    window; ``signatures`` int16[k, n] and ``prototypes`` int16[m], those of regimes when the run was over: empty where
    the plan asks for none. ``no_data`` bool[k]: classifiers over samples fail without running.
    """

    first: int
    silent: np.ndarray
    values: np.ndarray
    measures: np.ndarray
    references: np.ndarray
    signatures: np.ndarray
    prototypes: np.ndarray
    no_data: np.ndarray


class _Window:
    """A window of a recording in the form that commissioning reads: a ring whose oldest slot is 0."""

    def __init__(self, counts: np.ndarray):
        self.counts = counts.ravel()

    def head(self) -> int:
        return 0


def bins(counts: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Histograms of windows over their references' bins: int32[N, C, 16].

    counts int16[N, C, L]; reference int32[N, n_ref].
    """
    n, n_channels, length = counts.shape
    out = np.zeros((n, n_channels, layout.BIN_COUNT), np.int32)
    rows = np.repeat(np.arange(n), length)
    for c in range(n_channels):
        at = layout.REF_HEAD + c * layout.REF_STRIDE
        lo, mult, shift = (
            reference[:, at + k, None].astype(np.int64) for k in (layout.BIN_LO, layout.BIN_MULT, layout.BIN_SHIFT)
        )
        x = counts[:, c]
        d = np.clip(x.astype(np.int64) - lo, 0, 131071)
        at_q4 = np.minimum(d * mult >> shift - 4, layout.BIN_COUNT - 1 << 4)
        valid = (x != MISSING).ravel()
        index, part = at_q4.ravel()[valid] >> 4, at_q4.ravel()[valid] & 15
        np.add.at(out[:, c], (rows[valid], index), 16 - part)
        np.add.at(out[:, c], (rows[valid], np.minimum(index + 1, layout.BIN_COUNT - 1)), part)
    return out


def with_bins(plan: Plan, stats: np.ndarray, counts: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Statistics with their histograms, where the plan reads them, filled in: int32[N, n_stats], a copy."""
    stats = stats.copy()
    if not plan.reads & layout.READ_BINS:
        return stats
    held = bins(counts, reference)
    for c in range(counts.shape[1]):
        at = layout.HEAD + c * layout.STRIDE + layout.BINS
        stats[:, at : at + layout.BIN_COUNT] = held[:, c]
    return stats


def no_data(plan: Plan, stats: np.ndarray) -> np.ndarray:
    """bool[N]: a channel of the window holds too little."""
    at = layout.HEAD + layout.VALID + layout.STRIDE * np.arange(len(plan.channels))
    return holds_too_little(stats[:, at], plan.length).any(axis=1)


def pairs(reference: np.ndarray, n_channels: int) -> list[tuple[int, int]]:
    """Partner and gain (Q12) of each channel, from a reference's array."""
    at = [layout.REF_HEAD + c * layout.REF_STRIDE for c in range(n_channels)]
    return [(int(reference[a + layout.PAIR]), int(reference[a + layout.GAIN])) for a in at]


class Engine:
    """Runs a plan over recordings, from ``reference`` (a file's bytes) or from scratch.

    ``commission``: windows to commission on, in place of the plan's; the default commissions when the recording
    has more windows than that takes, and otherwise judges by ``reference`` from the first window on (``run``
    says which).
    """

    def __init__(self, plan: Plan, reference: bytes | None = None, commission: int | None = None):
        self.plan = plan
        self._given = reference
        self._commission = commission
        self._dimensions = Dimensions(plan.for_device())
        self._reference = Reference(plan.for_device(), reference, 0)
        self.commissioned = reference

    @property
    def reference(self) -> bytes:
        """The reference as it is now."""
        return dump(self._reference)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        return pairs(np.array(self._reference.array), len(self.plan.channels))

    def commission_windows(self, n_windows: int) -> int:
        """How many windows a recording of ``n_windows`` is commissioned on: 0 when it is too short."""
        wanted = self.plan.reference.windows if self._commission is None else self._commission
        return wanted if n_windows > wanted or self._given is None else 0

    def run(self, slots: Slots, stats: np.ndarray) -> Run:
        """Every window of a recording in order; the reference is commissioned and follows."""
        plan = self.plan
        k = len(stats)
        commission = min(self.commission_windows(k), k)
        reference = self._reference = Reference(plan.for_device(), self._given, commission)
        dimensions = self._dimensions
        values = np.zeros((k, dimensions.n_columns), np.int16)
        measures = np.zeros((k, dimensions.n_cells), np.int32)
        references = np.zeros((k, len(reference.array)), np.int32)
        held = np.frombuffer(reference.array, np.int32)[None]
        signature = np.frombuffer(reference.regimes.signature if reference.regimes else array("h"), np.int16)
        signatures = np.zeros((k, len(signature)), np.int16)
        silent = []
        row = array("i", bytes(4 * stats.shape[1]))
        view = np.frombuffer(row, np.int32)
        for w in range(k):
            counts = cut(plan, slots, np.array([w]))[0]
            references[w] = held
            view[:] = with_bins(plan, stats[[w]], counts, held)[0]
            dimensions.fill(row, reference)
            values[w] = dimensions.values
            measures[w] = dimensions.measures
            signatures[w] = signature
            if reference.ready():
                reference.follow(row)
                continue
            if reference.silent():
                silent.append(w)
            if reference.commission(_Window(counts[0]), row):
                self.commissioned = dump(reference)
        return Run(
            commission, np.array(silent, np.int64), values, measures, references, signatures, prototypes(reference),
            no_data(plan, stats),
        )  # fmt: skip


def prototypes(reference: Reference) -> np.ndarray:
    """int16[m]: a copy of a reference's prototypes, empty without regimes."""
    return np.array(reference.regimes.prototypes if reference.regimes else [], np.int16)


def values_against(
    plan: Plan, stats: np.ndarray, counts: np.ndarray, references: np.ndarray, prototypes: np.ndarray
) -> np.ndarray:
    """The columns of windows, each against a reference of its own that does not follow: int16[N, n_columns].

    stats int32[N, n_stats] without histograms; counts int16[N, C, L]; references int32[N, n_ref]; prototypes
    int16[N, m].
    """
    dimensions = Dimensions(plan.for_device())
    out = np.zeros((len(stats), dimensions.n_columns), np.int16)
    for w, (row, reference) in enumerate(against(plan, stats, counts, references, prototypes)):
        dimensions.fill(row, reference)
        out[w] = dimensions.values
    return out


def against(
    plan: Plan, stats: np.ndarray, counts: np.ndarray, references: np.ndarray, prototypes: np.ndarray
) -> Iterator[tuple[array, Reference]]:
    """Each window's statistics, with histograms, and its reference, in the device's form: both are overwritten at the
    next. Arrays as in ``values_against``."""
    reference = Reference(plan.for_device(), None, 0)
    held = np.frombuffer(reference.array, np.int32)
    known = np.frombuffer(reference.regimes.prototypes, np.int16) if reference.regimes else None
    row = array("i", bytes(4 * stats.shape[1]))
    view = np.frombuffer(row, np.int32)
    filled = with_bins(plan, stats, counts, references)
    for w in range(len(stats)):
        held[:] = references[w]
        if known is not None:
            known[:] = prototypes[w]
        view[:] = filled[w]
        yield row, reference
