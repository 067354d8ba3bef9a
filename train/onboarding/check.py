"""Is the policy sensible, and does the recording fit it: what is right in form but probably not meant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from motegate.firmware.device.layout import MISSING

from ..policy import Channel, Policy, load, parse
from ..recording import Records, chunks, labels_of_nobody, names_of
from ..table import key_path, quoted


@dataclass(frozen=True)
class Finding:
    """``level``: "error" (training cannot run), "warning" (probably not meant) or "note"."""

    level: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.level}: {self.where}: {self.what}"


@dataclass(frozen=True)
class Check:
    """What ``motegate check`` says; ``dataclasses.asdict`` gives its JSON."""

    policy: str
    recordings: tuple[str, ...]
    rows: int
    windows: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return all(finding.level != "error" for finding in self.findings)


def check(policy_path: str | Path, data: str | Path | Sequence[str | Path] = ()) -> Check:
    """PolicyError or RecordingError for what is wrong in form; findings for the rest."""
    policy = load(policy_path)
    paths = [Path(path) for path in ([data] if isinstance(data, str | Path) else data)]
    findings = list(_policy_findings(policy))
    tally = _Tally(policy)
    if paths:
        for path in paths:
            findings += _header_findings(policy, path)
        for records in chunks(policy, paths):
            tally.add(records)
        findings += tally.findings()
    order = ("error", "warning", "note")
    findings.sort(key=lambda finding: order.index(finding.level))
    return Check(str(policy_path), tuple(map(str, paths)), tally.rows, tally.windows, tuple(findings))


def _policy_findings(policy: Policy) -> Iterable[Finding]:
    used = {column.partition(".")[0] for column in policy.columns}
    for name in policy.rules:
        if name not in used:
            yield Finding("warning", key_path("dimensions", name), "no parent has it as a child, so it does nothing")
    for status in policy.status:
        if status.dimension not in used:
            what = f"no parent has {quoted(status.dimension)} as a child, so the bound does nothing"
            yield Finding("warning", key_path("status", status.name), what)
    if "consistency" in used and len(policy.channels) == 1:
        yield Finding("warning", "parents", '"consistency" compares channels; with a single one it is always 0')
    if policy.adapt and policy.adapt.confirm == "auto":
        what = "a fault that lasts is learned like any other change: nobody is asked"
        yield Finding("warning", key_path("adapt", "confirm"), f'"auto": {what}')
    decisive = _decisive(policy)
    for parent in policy.parents:
        if parent.name not in decisive:
            yield Finding("warning", key_path("parents", parent.name), "no action depends on it")
    run = {effect for action in policy.actions for effect in action.do}
    for model in policy.models:
        if f"run:{model.name}" not in run:
            yield Finding("warning", key_path("models", model.name), "no action runs it")
        if not model.file.is_file():
            yield Finding("warning", key_path("models", model.name, "file"), f"{model.file} is not there yet")


def _decisive(policy: Policy) -> set[str]:
    """The parents whose verdicts can change an action."""
    table = policy.action_table()
    decisive = {name for action in policy.actions if action.when for name in parse(action.when).names}
    for i, name in enumerate(policy.classifiers):
        decisive.discard(name)
        if any(table[vector] != table[vector ^ (1 << i)] for vector in range(len(table))):
            decisive.add(name)
    # One without a classifier passes on what stands below it
    grouping = [parent for parent in policy.parents if parent.name not in policy.classifiers]
    return decisive | {parent.name for parent in grouping if decisive & set(parent.children)}


def _header_findings(policy: Policy, path: Path) -> Iterable[Finding]:
    names = names_of(path)
    for label, what in labels_of_nobody(policy, path).items():
        yield Finding("warning", f"{path}: {label}", what)
    if not any(f"fail.{parent.name}" in names for parent in policy.parents):
        yield Finding("note", str(path), "has no labels (fail.PARENT), so it is presumed good")
    for status in policy.status:
        if f"status.{status.name}" not in names:
            what = f"no such column, so {quoted(status.dimension)} sees it as missing in every window"
            yield Finding("warning", f"{path}: status.{status.name}", what)


@dataclass
class _Tally:
    """What one pass over the records counts."""

    policy: Policy
    rows: int = 0
    slots: int = 0
    seqs: int = 0
    missing: np.ndarray = field(init=False)
    outside: np.ndarray = field(init=False)
    spread: list[list[np.ndarray]] = field(init=False)
    steps: list[np.ndarray] = field(default_factory=list)
    last_ms: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        self.missing = np.zeros(len(self.policy.channels), np.int64)
        self.outside = np.zeros(len(self.policy.channels), np.int64)
        self.spread = [[] for _ in self.policy.channels]

    def add(self, records: Records) -> None:
        ms = records.seconds * np.int64(1000) + records.millis
        steps = np.diff(np.concatenate([self.last_ms, ms]))
        self.last_ms = ms[-1:]
        self.steps.append(steps[:: 1 + self.rows // 1_000_000])
        self.rows += len(records)
        # As the ring does: absent slots for a gap, none for one longer than a window
        absent = np.maximum(0, np.floor_divide(2 * steps + self.policy.period_ms, 2 * self.policy.period_ms) - 1)
        self.slots += len(records) + int(absent[absent <= self.policy.length].sum())
        for i, channel in enumerate(self.policy.channels):
            counts = records.counts[:, i]
            valid = counts[counts != MISSING]
            low, high = channel.range_counts
            self.missing[i] += len(counts) - len(valid)
            self.outside[i] += int(((valid < low) | (valid > high)).sum())
            self.spread[i].append(valid[:: 1 + self.rows // 100_000])

    @property
    def windows(self) -> int:
        """About as many as the ring makes: a gap longer than a window makes it a few more or less."""
        return max(0, (self.slots - self.policy.length) // self.policy.hop + 1)

    def findings(self) -> Iterable[Finding]:
        yield from self._time()
        for i, channel in enumerate(self.policy.channels):
            yield from self._channel(i, channel)

    def _time(self) -> Iterable[Finding]:
        policy, windows = self.policy, self.windows
        steps = np.concatenate(self.steps)
        forward = steps[steps > 0]
        period = float(np.median(forward)) if len(forward) else 0.0
        if abs(period - policy.period_ms) > policy.period_ms / 10:
            what = f"is {policy.period_ms}, but rows are {period:g} ms apart (median)"
            yield Finding("warning", "stream.period_ms", what)
        if not windows:
            what = f"is {policy.length}, but the recording has {self.rows} rows; not a single window"
            yield Finding("error", "stream.window.length", what)
        elif windows <= policy.reference_windows:
            what = f"is {policy.reference_windows}, but there are {windows} windows; the training's will be used"
            yield Finding("warning", "reference.windows", what)
        elif windows < 2 * policy.reference_windows:
            what = f"takes {policy.reference_windows} of {windows} windows; less than half are left to judge"
            yield Finding("warning", "reference.windows", what)

    def _channel(self, i: int, channel: Channel) -> Iterable[Finding]:
        where = key_path("stream", "channels", channel.name)
        valid = self.rows - int(self.missing[i])
        if not valid:
            yield Finding("error", where, "every cell of the recording is empty")
            return
        missing, outside = 100 * self.missing[i] / self.rows, 100 * self.outside[i] / valid
        if missing > 0:
            yield Finding("warning" if missing > 10 else "note", where, f"{missing:.2g} % of the cells are empty")
        if outside > 0:
            what = f"{outside:.2g} % of the samples lie outside"
            yield Finding("warning" if outside > 1 else "note", f"{where}.range", what)
        band = np.quantile(np.concatenate(self.spread[i]), [0.01, 0.99])
        width = int(band[1] - band[0])
        distinct = np.unique(np.concatenate(self.spread[i]))
        step = int(np.diff(distinct).min()) if len(distinct) > 1 else 0
        if width < 8:
            what = f"is coarse: 98 % of the samples lie within {width} counts; a finer one shows more"
            yield Finding("warning", f"{where}.resolution", what)
        elif step > 1:
            apart = f"{step} counts, {step * channel.resolution:g} {channel.unit}".rstrip()
            yield Finding("note", f"{where}.resolution", f"is finer than the data: samples are {apart} apart at least")
