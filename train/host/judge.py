"""The one judge: what the gate says of a recording, by the packs and the reference of a work folder."""

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.firmware.device.boot.pack import Pack
from motegate.firmware.device.judging.classifiers import Classifiers
from motegate.firmware.device.judging.verdict import Verdict
from motegate.firmware.device.network import Network
from motegate.firmware.device.reference.limits import pull
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
    """What the gate said: ``first`` is the first judged window; ``scores`` int8[k, n_classifiers], ``passes`` bool and
    ``levels`` int32 of the same shape are of the windows from there on. A board's frames tell no levels: None."""

    first: int
    scores: np.ndarray
    passes: np.ndarray
    levels: np.ndarray | None = None

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
    return classify(trained, run, progress or silent)


def judge_as_device(trained: Trained, records: Records, progress: Progress | None = None) -> Verdicts:
    """The whole gate of the device on CPython, record by record."""
    gate = HostGate(trained.plan, trained.packs, trained.reference, records).run("judge", progress or silent)
    return Verdicts(gate.commission, gate.scores(), gate.passes(), gate.levels())


class Panel:
    """A work folder's classifiers, the device's own, over dimensions that are there already."""

    def __init__(self, trained: Trained):
        form = trained.plan.for_device()
        networks = {name: Network(Pack(pack)) for name, pack in trained.packs.items()}
        self._reach = trained.plan.reference.reach_q12
        self._reference = Reference(form, trained.reference, 0)
        self._classifiers = Classifiers(form, networks, self._reference)
        self._verdict = Verdict(array("h", bytes(2 * len(trained.plan.columns))), self._classifiers.features())
        self._row = np.frombuffer(self._verdict.values, np.int16)

    def commission(self, silent: np.ndarray) -> None:
        """Pulls the thresholds by the levels of windows int16[m, n_columns], as commissioning does; without one they
        are the trained."""
        _, levels, _ = self.judge(silent, np.zeros(len(silent), bool))
        for k, found in enumerate(levels.T):
            self._reference.pull_threshold(k, self._reference.trained_threshold(k))
            if len(found):
                pull(self._reference, k, array("i", sorted(found.tolist())), len(found), self._reach)

    def judge(
        self, values: np.ndarray, no_data: np.ndarray, progress: Progress = silent
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Scores int8, levels int32 and passes bool, [n, classifiers] each, of values int16[n, n_columns]."""
        verdict = self._verdict
        scores = np.zeros((len(values), len(verdict.passes)), np.int8)
        levels, passes = np.zeros(scores.shape, np.int32), np.zeros(scores.shape, bool)
        for w in range(len(values)):
            self._row[:] = values[w]
            self._classifiers.judge(verdict, no_data[w])
            scores[w], levels[w], passes[w] = verdict.scores, verdict.levels, verdict.passes
            if w % 500 == 0:
                progress("judge", w, len(values))
        return scores, levels, passes


def classify(trained: Trained, run: engine.Run, progress: Progress = silent) -> Verdicts:
    """What the gate says of windows that the engine has measured."""
    panel = Panel(trained)
    if run.first:
        panel.commission(run.values[run.silent])
    scores, levels, passes = panel.judge(run.values[run.first :], run.no_data[run.first :], progress)
    return Verdicts(run.first, scores, passes, levels)
