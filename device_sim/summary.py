"""The summary of a run: what summary.json holds."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from motegate.firmware.boards import Board
from motegate.train import metrics
from motegate.train.policy import Plan, Policy

from .energy import Energy
from .recorder import NONE, WindowLog
from .staged import Staged

WORDS = 2  # the unix VM's words are twice as wide as a board's, and so is nearly all that lies on its heap


@dataclass(frozen=True)
class Heap:
    """Bytes of the VM (the unix one has words of 64 bits, so twice a board's), None where the run was too short.

    Free after the first windows and at the end, both collected; allocated by a window, with the collector off.
    """

    free_start: int | None
    free_end: int | None
    allocated_per_window: float | None
    board_free_end: int | None = None


@dataclass
class Line:
    """What else went over the serial line."""

    good: int = 0
    damaged: int = 0
    lost: int = 0
    models: int = 0
    errors: int = 0
    last_error: str = ""
    started: bool = False
    sent: int = 0  # bytes


@dataclass(frozen=True)
class Summary:
    """What summary.json holds. ``wall_s`` is the VM's, from its start to its end."""

    stream: str
    board: str
    vm: str
    drivers: str
    records: int
    windows: int
    commissioning: int
    no_data: int
    missed: int
    verdicts: dict[str, dict[str, int]]
    actions: dict[str, int]
    heap: Heap
    virtual_s: float
    wall_s: float
    energy: Energy
    frames: dict[str, int]
    errors: int
    pins: dict[str, dict[str, int]]
    watchdog_bites: int
    light_s: float  # in light sleep, where the board's own drivers paced the run
    deep_s: float  # ... and in deep sleep
    starts: int  # behind deep sleep
    notes: tuple[str, ...] = ()
    drift: dict = field(default_factory=dict)
    adapt: dict = field(default_factory=dict)
    labelled: dict[str, dict[str, int]] = field(default_factory=dict)

    def as_json(self) -> dict:
        return {**vars(self), "heap": vars(self.heap), "energy": self.energy.as_json(), "notes": list(self.notes)}

    def lines(self) -> list[str]:
        """For a person."""
        judged = self.windows - self.commissioning
        wide = max((len(name) for name in [*self.verdicts, *self.actions]), default=0)
        said = [f"{self.stream}: {self.records:,} records, {self.windows:,} windows, {judged:,} of them judged"]
        said += [f"  {name:<{wide}}  {v['pass']:>8,} pass {v['fail']:>8,} fail" for name, v in self.verdicts.items()]
        said += [f"  {name:<{wide}}  {count:>8,} times" for name, count in self.actions.items()]
        said.append(", ".join(self._figures()))
        return [*said, *self.notes]

    def _figures(self) -> list[str]:
        figures = []
        if self.heap.free_end is not None:
            figures.append(f"{self.heap.free_end:,} bytes of heap free")
        if self.heap.allocated_per_window is not None:
            figures.append(f"{self.heap.allocated_per_window:g} allocated a window")
        figures.append(f"{self.energy.mwh:,.2f} mWh ({self.energy.days()})")
        return [*figures, f"{self.virtual_s / max(self.wall_s, 1e-9):,.0f} times real time"]


def summarise(
    policy: Policy, plan: Plan, board: Board, log: WindowLog, staged: Staged, line: Line, seen: dict, *,
    vm: str, drivers: str, wall_s: float, spend: Callable[[int, int, float], Energy], notes: list[str],
) -> Summary:  # fmt: skip
    """``seen``: what the runner noted of the VM it ran in; ``spend``: of records, windows and seconds the energy."""
    judged = log.judged
    passes = log.parents(plan)[judged]
    names = [parent.name for parent in plan.parents]
    virtual_s = (staged.end_ms - staged.start_ms + policy.period_ms) / 1000
    windows = len(log.why)
    actions = np.bincount(log.actions[judged & (log.actions != NONE)], minlength=len(policy.actions))
    if line.errors:
        notes = [*notes, f"note: {line.errors} error frames; the last: {line.last_error}"]
    energy = spend(staged.records, windows, virtual_s)
    if energy.note:
        notes = [*notes, f"note: {energy.note}"]
    measured = seen.get("measured", -1)
    return Summary(
        stream=policy.name,
        board=board.name,
        vm=vm,
        drivers=drivers,
        records=seen.get("records", staged.records),
        windows=windows,
        commissioning=int((~judged).sum()),
        no_data=int((log.why == 2).sum()),
        missed=seen.get("missed", 0),
        verdicts={
            name: {"pass": int(passes[:, i].sum()), "fail": int((~passes[:, i]).sum())} for i, name in enumerate(names)
        },
        actions={action.name: int(actions[i]) for i, action in enumerate(policy.actions)},
        heap=Heap(
            _known(seen.get("free_start", -1)),
            _known(seen.get("free_end", -1)),
            seen["allocated"] / measured if measured > 0 else None,
            _on_board(_known(seen.get("free_end", -1)), vm),
        ),
        virtual_s=virtual_s,
        wall_s=round(wall_s, 3),
        energy=energy,
        frames={"good": line.good, "damaged": line.damaged, "lost": line.lost},
        errors=line.errors,
        pins={
            pin: {"level": level, "switched": seen["switched"].get(pin, 0)}
            for pin, level in seen.get("levels", {}).items()
        },
        watchdog_bites=seen.get("bites", 0),
        light_s=seen.get("light_ms", 0) / 1000,
        deep_s=seen.get("deep_ms", 0) / 1000,
        starts=seen.get("starts", 0),
        notes=tuple(notes),
        drift=_drift(plan, log),
        adapt=_adapt(plan, log, seen),
        labelled={name: labelled(policy, plan, log, name, spans) for name, spans in staged.series.fails.items()},
    )


def labelled(policy: Policy, plan: Plan, log: WindowLog, name: str, spans: list[tuple[int, int]]) -> dict[str, int]:
    """Judged windows by what is labelled and what was said: a window is a failure where at least ``label_share`` of its
    time lies in labelled ``spans``, of (first, last) milliseconds since 1970."""
    ends = log.ends_ms[log.judged].astype(np.int64) + plan.period_ms
    length = plan.length * plan.period_ms
    shared = np.zeros(len(ends), np.int64)
    for first, last in spans:
        shared += np.clip(np.minimum(ends, last + plan.period_ms) - np.maximum(ends - length, first), 0, None)
    truth = shared >= policy.label_share * length
    fails = ~log.parents(plan)[log.judged][:, [parent.name for parent in plan.parents].index(name)]
    counts = metrics.windows(fails, truth)
    found = {"found": int(counts.hit), "missed": int(counts.missed), "false": int(counts.false)}
    return found | {"passed": len(truth) - sum(found.values())}


def _on_board(free: int | None, vm: str) -> int | None:
    """What is free on the board: the unix VM's words, and so its heap and nearly all that lies on it, are as wide as
    two of a board's."""
    return free if free is None or vm == "pico" else free // WORDS


def _drift(plan: Plan, log: WindowLog) -> dict:
    """``alarms``: what the board has said, by the name of the parent; ``notices``: of other numbers, by what moved and
    whose it is; empty where the policy wants none."""
    if not plan.drift_alarms:
        return {}
    names = [parent.name for parent in plan.classifiers]
    channels = [channel.name for channel in plan.channels]
    notices = []
    for drift in log.notices:
        of = names if drift.what_name == "score" else channels if drift.what_name in ("level", "width") else ["stream"]
        notices.append(drift.body() | {"what": drift.what_name, "of": of[drift.of]})
    return {"alarms": [drift.body() | {"of": names[drift.of]} for drift in log.drifts], "notices": notices}


def _adapt(plan: Plan, log: WindowLog, seen: dict) -> dict:
    """``swaps``, the ``phase`` at the end, and each change of it by the names of phase and reason; with labels or
    orders given, what became of them. Empty where the board does not adapt."""
    if not plan.adapt:
        return {}
    changes = [said.body() | {"phase": said.phase_name, "why": said.reason} for said in log.adapts]
    last = changes[-1] if changes else {"phase": "calm", "swaps": 0}
    return {"phase": last["phase"], "swaps": last["swaps"], "changes": changes} | {
        key: seen[key] for key in ("labels", "orders") if key in seen
    }


def _known(figure: int) -> int | None:
    """A figure of the runner's; it gives -1 for what it never came to see."""
    return figure if figure >= 0 else None
