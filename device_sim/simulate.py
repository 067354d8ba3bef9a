"""`motegate simulate`: a recording through the virtual board, and what came of it as events, summary and report."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from motegate.firmware import atomic, boards
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.errors import InputError, RefusedError
from motegate.firmware.link import Adapt, Drift, Error, Frame, Hello, Model, Regimes, Verdict
from motegate.firmware.progress import Progress, silent
from motegate.train import policy as policies
from motegate.train.policy import Plan

from . import operator, report
from .energy import Energy, spent
from .features import in_numpy
from .machines import Running, launch, plan_of
from .recorder import Recorder
from .staged import Staged, stage, too_few
from .summary import WORDS, Line, Summary, summarise

UNBOUNDED_KB = 512  # for a board without a figure
AROUND = 10  # bytes of a frame's line beside its JSON: tab, CRC, newline


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
    labels: Path | None = None,
    orders: Iterable[str] = (),
    progress: Progress = silent,
) -> Summary:
    """Runs WORK's bundle over the recording; fills ``out`` with events.jsonl, summary.json and report.html.

    ``board``: whose currents and heap are taken (default: the policy's). ``vm`` "micropython" (the unix VM on
    WORK/firmware/UNIX) or "pico" (the emulated Pico on WORK/firmware/RPI_PICO). ``drivers`` "replay", or "board": the
    policy's own sensors over simulated hardware. ``heap_kb``: the VM's, for the bundle alone
    (default: twice the board's, since the VM's words are twice as wide). ``labels``: a CSV of what a person says of
    windows, and ``orders``: what they do, "adapt@TIME" or "rollback@TIME" (operator.py). A window that was stored is
    in ``out``/windows.bin. InputError: the input is wrong; RefusedError: the board did not run to the end.
    """
    work, out, data = Path(work), Path(out), [Path(path) for path in data]
    policy = policies.load(work / "policy.toml")
    costs = boards.load(board or policy.board)
    start: Callable[..., AbstractContextManager[Running]] = launch
    if vm == "pico":
        from .machines import emulated

        start = emulated.launch
    bundle = work / "firmware" / ("RPI_PICO" if vm == "pico" else boards.UNIX)
    plan = plan_of(bundle)
    out.mkdir(parents=True, exist_ok=True)
    notes = []
    with tempfile.TemporaryDirectory(prefix="motegate-data-") as scratch:
        staged = stage(policy, data, Path(scratch), drivers, progress)
        few = too_few(policy, plan, staged.records, data)
        if few is not None:
            notes.append(f"note: {few} windows are too few to commission: judged by the training's reference")
        said = _said(plan, labels, orders)
        given = operator.write(said, Path(scratch) / "orders.bin") if said else None
        began = time.perf_counter()
        asleep = {"wake_ms": round(costs.start_ms.value), "measure": 0} if sleeps_deeply(bundle, drivers) else {}
        with start(
            bundle,
            replay=staged.replay,
            world=staged.world,
            start_ms=staged.start_ms,
            commission=None if few is None else 0,
            orders=given,
            **asleep,
            heap_kb=heap_kb or WORDS * costs.heap_kb.value or UNBOUNDED_KB,
        ) as running:
            recorder, line = follow(running, out / "events.jsonl", staged, policy.hop, progress)
            recorder.labels = [(order.ms, order.good) for order in said if order.kind == operator.LABEL]
            wall_s = time.perf_counter() - began
            stored = running.folder / "windows.bin"
            if stored.exists():
                shutil.copyfile(stored, out / "windows.bin")
            seen, values, regimes, bands = running.seen, running.values, running.regimes, running.bands
    if values is None:
        values = in_numpy(work, policy, plan, data, progress)[1]
        notes.append("note: the report's dimensions were computed on this host; the board sent none")
    log = recorder.close(values, regimes, bands)
    packs = {parent.name: (bundle / "gate" / f"{parent.name}.pack").read_bytes() for parent in plan.classifiers}
    reference = (bundle / "gate" / "reference.bin").read_bytes()

    def spend(records: int, windows: int, virtual_s: float) -> Energy:
        return spent(
            policy, plan, packs, reference, costs, records=records, windows=windows, sent=line.sent,
            virtual_s=virtual_s, battery_mwh=battery_mwh,
        )  # fmt: skip

    summary = summarise(
        policy, plan, costs, log, staged, line, seen, vm=vm, drivers=drivers, wall_s=wall_s, spend=spend, notes=notes
    )
    atomic.write(out / "summary.json", (json.dumps(summary.as_json(), indent=1) + "\n").encode())
    page = report.page(plan, policy.channels, log, staged.series, summary.as_json())
    atomic.write(out / "report.html", page.encode())
    return summary


def sleeps_deeply(bundle: Path, drivers: str) -> bool:
    """Whether it will: no machine code of a start before is in the heap then that could be measured."""
    return drivers == "board" and json.loads((bundle / "gate" / "service.json").read_text()).get("sleep") == "deep"


def _said(plan: Plan, labels: Path | None, orders: Iterable[str]) -> list[operator.Order]:
    """What a person says and does meanwhile."""
    found = [] if labels is None else operator.labels_of(Path(labels), plan)
    found += [operator.read_order(order) for order in orders]
    if not plan.adapt and (found or labels is not None):
        raise InputError("--labels, --order: this policy does not adapt; set [adapt] enabled = true")
    return found


def follow(running: Running, events: Path, staged: Staged, hop: int, progress: Progress) -> tuple[Recorder, Line]:
    """Takes every frame: into ``events`` with the virtual seconds since the start, and into the log."""
    recorder, line = Recorder(running.plan), Line()
    expected = staged.records // hop
    part = events.with_name(f".{events.name}.part")
    at = 0.0
    try:
        with open(part, "w") as file:
            for item in running.frames():
                if not isinstance(item, Frame):
                    if item.raw:
                        file.write(json.dumps({"at": at, "text": item.text}) + "\n")
                    continue
                if item.form is not None and item.form.t is not None:
                    seconds, millis = item.form.t
                    at = ((seconds + EPOCH_S) * 1000 + millis - staged.start_ms) / 1000
                line.sent += len(item.json) + AROUND
                file.write(f'{{"at":{at:.3f},{item.json[1:]}\n')
                _note(item, recorder, line)
                if len(recorder) % 256 == 1:
                    progress("simulate", len(recorder), expected)
    finally:
        os.replace(part, events)  # what was said up to a failure is kept, too
    line.good, line.damaged, line.lost = running.decoder.frames, running.decoder.damaged, running.decoder.lost
    if not line.started or (line.errors and not len(recorder)):
        raise RefusedError(f"the virtual board did not start: {line.last_error or 'it said nothing'}; see {events}")
    return recorder, line


def _note(frame: Frame, recorder: Recorder, line: Line) -> None:
    match frame.form:
        case Verdict() as verdict:
            recorder.verdict(verdict)
        case Drift() as drift:
            (recorder.notices if drift.what else recorder.drifts).append(drift)
        case Adapt() as adapt:
            recorder.adapts.append(adapt)
        case Regimes() as known:
            recorder.known = known
        case Hello():
            line.started = True
        case Model():
            line.models += 1
        case Error(message):
            line.errors += 1
            line.last_error = message
