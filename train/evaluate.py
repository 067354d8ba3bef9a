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
from motegate.firmware.device.network import Network
from motegate.firmware.epoch import DAY_MS
from motegate.firmware.errors import InputError
from motegate.firmware.progress import Progress, silent

from . import engine, metrics, policy, recording, split, windows
from .host_gate import HostGate
from .recording import Records

VMS = ("numpy", "cpython")


@dataclass(frozen=True)
class Verdicts:
    """What the gate said: ``first`` is the first judged window; ``scores`` int8[k, n_classifiers] and ``passes``
    bool[k, n_classifiers] of the windows from there on."""

    first: int
    scores: np.ndarray
    passes: np.ndarray

    def fails(self, plan: dict) -> dict[str, np.ndarray]:
        """Parent -> bool[k]: it fails when its classifier does or a parent below it."""
        found: dict[str, np.ndarray] = {}

        def of(entry: dict) -> np.ndarray:
            if entry["name"] not in found:
                own = entry["classifier"]
                failing = np.zeros(len(self.passes), bool) if own < 0 else ~self.passes[:, own]
                for child in entry["children"]:
                    failing = failing | of(plan["parents"][child])
                found[entry["name"]] = failing
            return found[entry["name"]]

        for entry in plan["parents"]:
            of(entry)
        return found


@dataclass(frozen=True)
class Trained:
    """What a work folder holds for judging: the plan, the packs of the classifiers, the reference."""

    plan: dict
    packs: dict[str, bytes]
    reference: bytes

    @classmethod
    def load(cls, work: Path) -> "Trained":
        folder = Path(work) / "convert"
        try:
            plan = json.loads((folder / "plan.json").read_text())
            names = [entry["name"] for entry in plan["parents"] if entry["classifier"] >= 0]
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
    n = len(gate.passes)
    return Verdicts(
        gate.commission, np.array(gate.said, np.int8).reshape(-1, n), np.array(gate.passed, bool).reshape(-1, n)
    )  # fmt: skip


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


def compare(rules: policy.Policy, plan: dict, records: Records, verdicts: Verdicts) -> dict:
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
    plan = trained.plan
    entries = [entry for entry in plan["parents"] if entry["classifier"] >= 0]
    scores = np.zeros((len(values), len(entries)), np.int8)
    passes = np.zeros(scores.shape, bool)
    for i, entry in enumerate(entries):
        network = Network(trained.packs[entry["name"]])
        columns = array("h", entry["columns"])
        row = array("h", bytes(2 * values.shape[1]))
        view = np.frombuffer(row, np.int16)
        over_samples = any(plan["cells"][plan["columns"][column][1][0]][1] >= 0 for column in entry["columns"])
        for w in range(len(values)):
            view[:] = values[w]
            network.scale(row, columns)
            network.invoke()
            scores[w, i] = network.score()
            if progress and w % 500 == 0:
                progress("judge", i * len(values) + w, len(entries) * len(values))
        passes[:, i] = scores[:, i] <= network.threshold
        if over_samples:
            scores[no_data, i], passes[no_data, i] = 127, False
    return Verdicts(first, scores, passes)
