"""`motegate evaluate`: a recording's verdicts against its ``fail.<parent>`` columns.

The recording is judged as a device of its own would: the reference is commissioned on its first windows, which are not
scored, and follows. Every window behind them is; nothing is tuned.
"""

import json
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.firmware.clock import DAY_MS
from motegate.firmware.device.boot.pack import Pack
from motegate.firmware.device.judging.classifiers import Classifiers
from motegate.firmware.device.judging.verdict import Verdict
from motegate.firmware.device.network import Network
from motegate.firmware.device.reference.reference import Reference
from motegate.firmware.errors import InputError
from motegate.firmware.progress import Progress, silent

from . import engine, metrics, policy, recording, split, windows
from . import plan as plans
from .host_gate import HostGate
from .plan import Plan
from .recording import Records

VMS = ("numpy", "cpython")


@dataclass(frozen=True)
class Verdicts:
    """What the gate said: ``first`` is the first judged window; ``scores`` int8[k, n_classifiers] and ``passes``
    bool[k, n_classifiers] of the windows from there on."""

    first: int
    scores: np.ndarray
    passes: np.ndarray

    def fails(self, plan: Plan) -> dict[str, np.ndarray]:
        """Parent -> bool[k]: it fails."""
        passes = plan.graph.passes(self.passes)
        return {parent.name: ~passes[:, i] for i, parent in enumerate(plan.parents)}


@dataclass(frozen=True)
class Trained:
    """What a work folder holds for judging: the plan, the packs of the classifiers, the reference."""

    plan: Plan
    packs: dict[str, bytes]
    reference: bytes

    @classmethod
    def load(cls, work: Path) -> "Trained":
        folder = Path(work) / "convert"
        try:
            plan = plans.read(folder / "plan.json")
            names = [entry.name for entry in plan.classifiers]
            packs = {name: (folder / f"{name}.pack").read_bytes() for name in names}
            return cls(plan, packs, (folder / "reference.bin").read_bytes())
        except (OSError, ValueError) as error:
            raise InputError(f"{folder}: not what convert writes ({error}); run: motegate convert {work}") from None


def judge(trained: Trained, records: Records, progress: Progress | None = None) -> Verdicts:
    """Ring and scan in NumPy, everything behind them the device's own code."""
    plan = trained.plan
    machine = engine.Engine(plan, trained.reference)
    slots, stats = windows.measure(plan, records, machine.pairs)
    run = machine.run(slots, stats)
    return _classify(trained, run.values[run.first :], run.no_data[run.first :], run.first, progress)


def judge_as_device(trained: Trained, records: Records, progress: Progress | None = None) -> Verdicts:
    """The whole gate of the device on CPython, record by record."""
    gate = HostGate(trained.plan, trained.packs, trained.reference, records).run("judge", progress or silent)
    return Verdicts(gate.commission, gate.scores(), gate.passes())


def evaluate(
    work: Path,
    data: list[Path],
    vm: str = "numpy",
    out: Path | None = None,
    progress: Progress | None = None,
    judged: Callable[[Trained, Records, Progress | None], Verdicts] | None = None,
) -> dict:
    """{"parents": {NAME: ...}} for each parent that the recording has labels of; ``out`` gets it as JSON, too.

    ``judged`` takes the place of the host's own judging (a VM's, say).
    """
    trained = Trained.load(work)
    rules = policy.load(Path(work) / "policy.toml")
    rules.install_dimensions()
    records = recording.read(rules, data)
    if not records.fails:
        raise InputError(f"{data[0]}: no fail.<parent> column, so there is no truth to hold verdicts against")
    if judged is None:
        if vm not in VMS:
            raise InputError(f"--vm {vm}: {' or '.join(VMS)} is wanted here")
        judged = judge if vm == "numpy" else judge_as_device
    found = compare(rules, trained.plan, records, judged(trained, records, progress))
    if out is not None:
        Path(out).write_text(json.dumps(found, indent=1) + "\n")
    return found


def compare(rules: policy.Policy, plan: Plan, records: Records, verdicts: Verdicts) -> dict:
    """Truth against verdicts: a window is a failure when at least ``label_share`` of its records are.

    Per parent: ``window`` and ``event`` scores (metrics.py says what an event is), false alarms per 1,000 good windows,
    false alarm events per day, and ``delay_s``: from the first labelled record of an event that was found to the
    end of the first window of it that failed, on the mean.
    """
    slots = windows.expand(plan, records)
    starts = slots.windows[verdicts.first :]
    fails = verdicts.fails(plan)
    seconds = (
        records.seconds[slots.last_row[verdicts.first :]] + records.millis[slots.last_row[verdicts.first :]] / 1000
    )
    days = len(starts) * rules.hop * rules.period_ms / DAY_MS
    parents = {}
    for name, labels in records.fails.items():
        truth = split.label_shares(slots.row, starts, rules.length, labels) >= rules.label_share
        said = fails[name]
        events = metrics.events(said, truth)
        good = max(1, int((~truth).sum()))
        parents[name] = {
            "windows": len(starts),
            "failures": int(truth.sum()),
            "events": len(metrics.spans(truth)),
            "window": metrics.windows(said, truth).as_dict(),
            "event": events.as_dict(),
            "false_alarms_per_1000": round(1000 * int((said & ~truth).sum()) / good, 3),
            "false_alarms_per_day": round(events.false / days, 4) if days else 0.0,
            "delay_s": _delay(records, slots, starts, rules.length, labels, seconds, said, truth),
        }
    return {"parents": parents}


def _delay(records, slots, starts, length, labels, seconds, said, truth) -> float | None:
    delays = []
    for first, last in metrics.spans(truth):
        caught = np.flatnonzero(said[first:last])
        if len(caught):
            rows = slots.row[starts[first] : starts[last - 1] + length]
            rows = rows[rows >= 0]
            began = rows[labels[rows]][:1]
            if len(began):
                start = records.seconds[began[0]] + records.millis[began[0]] / 1000
                delays.append(float(seconds[first + caught[0]] - start))
    return round(float(np.mean(delays)), 1) if delays else None


def _classify(trained: Trained, values: np.ndarray, no_data: np.ndarray, first: int, progress) -> Verdicts:
    """The device's own classifiers over dimensions that are there already."""
    plan = trained.plan
    networks = {name: Network(Pack(pack)) for name, pack in trained.packs.items()}
    form = plan.for_device()
    classifiers = Classifiers(form, networks, Reference(form, trained.reference, 0))
    verdict = Verdict(array("h", bytes(2 * values.shape[1])), classifiers.features())
    row = np.frombuffer(verdict.values, np.int16)
    scores = np.zeros((len(values), len(verdict.passes)), np.int8)
    passes = np.zeros(scores.shape, bool)
    for w in range(len(values)):
        row[:] = values[w]
        classifiers.judge(verdict, no_data[w])
        scores[w] = verdict.scores
        passes[w] = verdict.passes
        if progress and w % 500 == 0:
            progress("judge", w, len(values))
    return Verdicts(first, scores, passes)
