"""`motegate simulate`: a recording through the virtual board, and what came of it as events, summary and report."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from motegate.firmware import boards
from motegate.firmware.errors import InputError, RefusedError
from motegate.firmware.frames import Frame
from motegate.train import policy as policies
from motegate.train import recording
from motegate.train.policy import Policy

from . import drivers as wiring
from . import report
from .energy import Energy, spent
from .journal import EPOCH_S, NONE, Journal, Scribe
from .launch import Launch, launch
from .series import Painter, Series

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Heap:
    """Bytes of the VM (the unix one has words of 64 bits, so twice a board's): free after the first windows and at the
    end, both collected; allocated by a window, measured with the collector off."""

    free_start: int | None
    free_end: int | None
    allocated_per_window: float | None


@dataclass(frozen=True)
class Summary:
    """What summary.json holds; DESIGN's keys and what else a reader wants to know."""

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
    notes: tuple[str, ...] = ()
    drift: dict = field(default_factory=dict)
    adapt: dict = field(default_factory=dict)

    def as_json(self) -> dict:
        return {**vars(self), "heap": vars(self.heap), "energy": self.energy.as_json(), "notes": list(self.notes)}

    def lines(self) -> list[str]:
        """For a person."""
        judged = self.windows - self.commissioning
        wide = max((len(name) for name in [*self.verdicts, *self.actions]), default=0)
        said = [f"{self.stream}: {self.records:,} records, {self.windows:,} windows, {judged:,} of them judged"]
        said += [f"  {name:<{wide}}  {v['pass']:>8,} pass {v['fail']:>8,} fail" for name, v in self.verdicts.items()]
        said += [f"  {name:<{wide}}  {count:>8,} times" for name, count in self.actions.items()]
        speed = self.virtual_s / max(self.wall_s, 1e-9)
        free = "heap not looked at" if self.heap.free_end is None else f"heap {self.heap.free_end:,} bytes free"
        said.append(
            f"{free}, {self.heap.allocated_per_window or 0:g} allocated a window; "
            f"{self.energy.mWh:,.2f} mWh, a battery for {self.energy.battery_days:,.0f} days on {self.board}; "
            f"{speed:,.0f} times real time"
        )
        return [*said, *self.notes]


def simulate(
    work: Path,
    data: Iterable[Path],
    out: Path,
    *,
    board: str | None = None,
    vm: str = "micropython",
    drivers: str = "replay",
    heap_kb: float | None = None,
    battery_mwh: float | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Summary:
    """Runs WORK's bundle over the recording; fills ``out`` with events.jsonl, summary.json and report.html.

    ``vm`` "micropython" (the unix VM on WORK/firmware/UNIX) or "pico" (the emulated Pico on WORK/firmware/RPI_PICO).
    ``heap_kb`` as a board of 32 bits has it (default: the board's); the unix VM's words are twice as wide.
    ``drivers`` "replay" or "board": the policy's own sensors over simulated hardware. InputError when the input is
    wrong, RefusedError when the board does not run.
    """
    began = time.perf_counter()
    work, out, data = Path(work), Path(out), [Path(path) for path in data]
    policy = policies.load(work / "policy.toml")
    costs = boards.load(board or policy.board)
    heap_kb = heap_kb or costs.heap_kb.value or 256
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="motegate-data-") as name:
        scratch = Path(name)
        taken = prepare(policy, data, scratch, drivers, progress)
        commission, notes = commissioning(work, policy, taken, data)
        if vm == "pico":
            from .pico import launch as start
        else:
            start = launch
        bundle = work / "firmware" / ("RPI_PICO" if vm == "pico" else "UNIX")
        with start(
            bundle,
            replay=taken.replay,
            world=taken.world,
            start_ms=taken.start_ms,
            commission=commission,
            heap_kb=heap_kb,
        ) as running:
            events = out / "events.jsonl"
            scribe, counts = follow(running, events, taken, policy, progress)
            stored = running.folder / "windows.bin"
            if stored.exists():
                shutil.copyfile(stored, out / "windows.bin")
            journal = scribe.close(running.values)
    summary = _summary(policy, costs, vm, drivers, journal, running, taken, counts, battery_mwh, notes, began)
    _write(out / "summary.json", json.dumps(summary.as_json(), indent=1) + "\n")
    channels = [
        {"name": c.name, "unit": c.unit, "resolution": c.resolution, "middle": c.middle} for c in policy.channels
    ]
    part = out / ".report.html.part"
    report.write(part, running.plan, channels, journal, taken.series, summary.as_json())
    os.replace(part, out / "report.html")
    return summary


@dataclass(frozen=True)
class Taken:
    """A recording made ready: the file for the board, its picture, its size and when it begins (ms since 1970)."""

    records: int
    start_ms: int
    end_ms: int
    series: Series
    replay: Path | None = None
    world: wiring.World | None = None


def prepare(policy: Policy, data: list[Path], scratch: Path, drivers: str, progress: Progress) -> Taken:
    """Reads the recording once: into the replay's file or what the pins show, and into its picture."""
    painter = Painter(policy.period_ms, len(policy.channels))
    span = [1 << 62, -(1 << 62), 0]

    def seen(records):
        stamps = (records.seconds.astype(np.int64) + EPOCH_S) * 1000 + records.millis
        painter.add(stamps, records.counts, records.fails)
        if span[2] == 0:
            span[0] = int(stamps[0])
        span[1] = max(span[1], int(stamps.max()))
        span[2] += len(stamps)
        progress("recording", span[2], 0)
        return records

    world = replay = None
    if drivers == "board":
        world = wiring.write_world(policy, map(seen, recording.chunks(policy, data)), scratch / "world.bin")
    else:
        replay = scratch / "replay.bin"
        for _ in map(seen, recording.chunks(policy, data)):
            pass
        recording.write_replay(policy, data, replay)
    if not span[2]:
        raise InputError(f"{', '.join(map(str, data))}: no records")
    return Taken(span[2], span[0], span[1], painter.series(), replay, world)


def commissioning(work: Path, policy: Policy, taken: Taken, data: list[Path]) -> tuple[int | None, tuple[str, ...]]:
    """(windows to commission on, None for the plan's; what to say of it): 0 when the recording is too short for it."""
    wanted = policy.reference_windows
    if wanted == 0 or taken.records >= policy.length * (wanted + 2):
        return None, ()
    from motegate.train import windows

    plan = json.loads((work / "train" / "plan.json").read_text())
    there = len(windows.expand(plan, recording.read(policy, data)).windows)
    if there > wanted:
        return None, ()
    return 0, (
        f"note: {there} windows are too few to commission on {wanted}: judged by the training's reference",
    )  # fmt: skip


@dataclass
class Counts:
    """What else went over the line."""

    models: int = 0
    errors: int = 0
    last_error: str = ""
    started: bool = False


def follow(running: Launch, events: Path, taken: Taken, policy: Policy, progress: Progress) -> tuple[Scribe, Counts]:
    """Takes every frame: into events.jsonl with the virtual seconds since the start, and into the journal."""
    scribe, counts = Scribe(running.plan), Counts()
    expected = taken.records // policy.hop
    part = events.with_name(".events.jsonl.part")
    at = 0.0
    with open(part, "w") as file:
        for item in running.frames():
            if not isinstance(item, Frame):
                if item.raw:
                    file.write(json.dumps({"at": at, "text": item.text}) + "\n")
                continue
            body = item.body
            if "t" in body:
                seconds, millis = body["t"]
                at = ((seconds + EPOCH_S) * 1000 + millis - taken.start_ms) / 1000
            file.write(f'{{"at":{at:.3f},{item.json[1:]}\n')
            if item.kind == "verdict":
                scribe.verdict(body)
                if len(scribe) % 256 == 0:
                    progress("simulate", len(scribe), expected)
            elif item.kind == "hello":
                counts.started = True
            elif item.kind == "model":
                counts.models += 1
            elif item.kind == "error":
                counts.errors += 1
                counts.last_error = body.get("e", "")
    os.replace(part, events)
    if not counts.started:
        raise RefusedError(f"the virtual board did not start: {counts.last_error or 'it said nothing'}; see {events}")
    return scribe, counts


def _summary(
    policy: Policy, board: boards.Board, vm: str, drivers: str, journal: Journal, running: Launch, taken: Taken,
    counts: Counts, battery_mwh: float | None, notes: tuple[str, ...], began: float,
) -> Summary:  # fmt: skip
    seen, judged = running.seen, journal.judged
    passes = journal.parents(running.plan)[judged]
    names = [parent["name"] for parent in running.plan["parents"]]
    virtual_s = (taken.end_ms - taken.start_ms + policy.period_ms) / 1000
    windows = len(journal.why)
    actions = np.bincount(journal.actions[journal.actions != NONE], minlength=len(policy.actions))
    measured = seen.get("measured", 0)
    if counts.errors:
        notes = (*notes, f"note: {counts.errors} error frames; the last: {counts.last_error}")
    return Summary(
        stream=policy.name,
        board=board.name,
        vm=vm,
        drivers=drivers,
        records=seen.get("records", taken.records),
        windows=windows,
        commissioning=int((~judged).sum()),
        no_data=int((journal.why == 2).sum()),
        missed=seen.get("missed", 0),
        verdicts={
            name: {"pass": int(passes[:, i].sum()), "fail": int((~passes[:, i]).sum())} for i, name in enumerate(names)
        },
        actions={action.name: int(actions[i]) for i, action in enumerate(policy.actions)},
        heap=Heap(
            _known(seen["free_start"]),
            _known(seen["free_end"]),
            seen["allocated"] / measured if measured > 0 else None,
        ),
        virtual_s=virtual_s,
        wall_s=round(time.perf_counter() - began, 3),
        energy=spent(board, taken.records, windows, virtual_s, battery_mwh),
        frames={"good": running.decoder.frames, "damaged": running.decoder.damaged, "lost": running.decoder.lost},
        errors=counts.errors,
        pins={pin: {"level": level, "switched": seen["switched"][pin]} for pin, level in seen["levels"].items()},
        watchdog_bites=seen.get("bites", 0),
        notes=notes,
    )  # fmt: skip


def _known(figure: int) -> int | None:
    """A figure of the runner's; it gives -1 for what it never came to see."""
    return figure if figure >= 0 else None


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text)
    os.replace(part, path)
