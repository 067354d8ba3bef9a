"""The one judge: what the gate says of a recording, by the packs and the reference of a work folder."""

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.firmware.device.boot.pack import Pack
from motegate.firmware.device.judging.classifiers import Classifiers
from motegate.firmware.device.judging.verdict import Verdict
from motegate.firmware.device.network import Network
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
    slots, stats = scan.measure(plan, records, machine.pairs)
    run = machine.run(slots, stats)
    return _classify(trained, run.values[run.first :], run.no_data[run.first :], run.first, progress)


def judge_as_device(trained: Trained, records: Records, progress: Progress | None = None) -> Verdicts:
    """The whole gate of the device on CPython, record by record."""
    gate = HostGate(trained.plan, trained.packs, trained.reference, records).run("judge", progress or silent)
    return Verdicts(gate.commission, gate.scores(), gate.passes())


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
