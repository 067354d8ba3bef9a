"""The one judge: what the gate says of a recording, by the packs and the reference of a work folder."""

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.firmware.device.boot.pack import Pack
from motegate.firmware.device.judging.classifiers import Classifiers
from motegate.firmware.device.judging.verdict import Verdict
from motegate.firmware.device.network import Network
from motegate.firmware.device.reference.commissioning import pull
from motegate.firmware.device.reference.reference import Reference
from motegate.firmware.errors import InputError
from motegate.firmware.progress import Progress, silent

from ..policy import Plan
from ..policy import plan as plans
from ..recording import Records
from . import engine, scan
from .gate import HostGate


@dataclass(frozen=True)
class Verdicts:
    """What the gate said: ``first`` is the first judged window; ``scores`` int8[k, n_classifiers], ``levels`` int32 and
    ``passes`` bool of the same shape are of the windows from there on."""

    first: int
    scores: np.ndarray
    levels: np.ndarray
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
    slots, stats = scan.measure(plan, records, machine.pairs)
    run = machine.run(slots, stats)
    return classify(trained, run, progress)


def judge_as_device(trained: Trained, records: Records, progress: Progress | None = None) -> Verdicts:
    """The whole gate of the device on CPython, record by record."""
    gate = HostGate(trained.plan, trained.packs, trained.reference, records).run("judge", progress or silent)
    return Verdicts(gate.commission, gate.scores(), gate.levels(), gate.passes())


def classify(trained: Trained, run: engine.Run, progress: Progress | None = None) -> Verdicts:
    """The device's own classifiers over dimensions that are there already, their thresholds pulled by the levels of
    commissioning as on the device."""
    plan = trained.plan
    networks = {name: Network(Pack(pack)) for name, pack in trained.packs.items()}
    form = plan.for_device()
    reference = Reference(form, trained.reference, 0)
    classifiers = Classifiers(form, networks, reference)
    verdict = Verdict(array("h", bytes(2 * run.values.shape[1])), classifiers.features())
    row = np.frombuffer(verdict.values, np.int16)
    n = len(run.values) - run.first
    scores = np.zeros((n, len(verdict.passes)), np.int8)
    levels = np.zeros(scores.shape, np.int32)
    passes = np.zeros(scores.shape, bool)
    silent = [array("i", [0] * len(run.silent)) for _ in verdict.levels]
    for i, w in enumerate(run.silent):
        row[:] = run.values[w]
        classifiers.judge(verdict, False)
        for k, level in enumerate(verdict.levels):
            silent[k][i] = level
    if run.first:
        for k, found in enumerate(silent):
            reference.return_threshold(k)
            if len(found):
                pull(reference, k, found, len(found), plan.reference.reach_q12)
    for w in range(n):
        row[:] = run.values[run.first + w]
        classifiers.judge(verdict, run.no_data[run.first + w])
        scores[w], levels[w], passes[w] = verdict.scores, verdict.levels, verdict.passes
        if progress and w % 500 == 0:
            progress("judge", w, n)
    return Verdicts(run.first, scores, levels, passes)
