"""The field, side by side: on the same windows, at the same share of false alarms, single faults and two at once."""

import multiprocessing
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.train import policy, recording
from motegate.train.dataset import VALIDATION
from motegate.train.host import ring
from motegate.train.model.candidates import NAMES

from ..judgement import injected
from ..judgement.gates import RIVERS, policy_text, recordings, unguarded
from ..judgement.intervals import mean_over_kinds
from ..judgement.pump import recorded
from ..judgement.scores import NO_DATA, threshold
from ..judgement.stream import Stream, stream
from . import field, qartod, raw
from .candidates import Learned, learn, shipped
from .judge import Batch, Judge

TITLE = "The field, side by side"
SEEDS = 5  # of injection
SEVERITIES = (0.5, 1.0, 2.0, 4.0)
EACH = 6  # faults of a kind at a severity, a seed, alone and with a second one
PASSES = 400  # through a stream, at most
FALSE_ALARMS = 0.01
RULES = ("rule", "largest value", "dimensions' quantiles")  # what learning has to be as good as
PROCESSES = 2


@dataclass(frozen=True)
class Case:
    """An example's policy, what it learns from and what it is judged on; of the same recording the last fifth."""

    name: str
    example: str
    files: Callable[[Path], tuple[Path, Path]]


def _same(file: str) -> Callable[[Path], tuple[Path, Path]]:
    return lambda folder: recordings(file, file)


CASES = {
    case.name: case
    for case in (
        Case("machine temperature", "machine_temperature", _same("nab_machine_temperature.csv")),
        Case("compressed air", "compressed_air", _same("skab_anomaly_free.csv")),
        Case("river, MainStreet", "river", lambda folder: recordings(*RIVERS)),
        Case("river, FranklinBasin", "river", lambda folder: recordings(*RIVERS[::-1])),
        Case("household", "smart_meter", _same("uci_household_2007.csv")),
        Case("vacuum pump", "vacuum_pump", lambda folder: (recorded(folder, 1), recorded(folder, 21))),
    )
}


@dataclass(frozen=True)
class Found:
    """Of one case, a row for each fault and parent that it fails: ``parent``, ``kind`` str[n], ``two`` bool[n] and
    ``severity`` float64[n]; ``hits``: judge -> bool[n]. ``false``: judge -> the share of the stream's clean windows
    beyond the threshold that one in a hundred of validation's exceeds, the largest of all parents. ``size`` and
    ``work``: judge -> parents' together. ``chosen``: parent -> what is shipped."""

    parent: np.ndarray
    kind: np.ndarray
    two: np.ndarray
    severity: np.ndarray
    hits: dict[str, np.ndarray]
    false: dict[str, float]
    size: dict[str, str]
    work: dict[str, str]
    chosen: dict[str, str]

    def recall(self, judge: str, severity: float, two: bool) -> tuple[float, float, float]:
        """Mean over parents and kinds, with its 95 % interval."""
        rows = (self.two == two) & (self.severity == severity)
        return mean_over_kinds(np.char.add(self.parent, self.kind)[rows], self.hits[judge][rows])

    def more(self, one: str, other: str, parent: str) -> tuple[float, float, float]:
        """By how much the recall of ``one`` is above that of the other on the same faults, over all severities."""
        rows = (self.parent == parent) & ~self.two
        keys = np.char.add(self.kind, self.severity.astype(str))[rows]
        apart = self.hits[one][rows].astype(float) - self.hits[other][rows]
        return mean_over_kinds(keys, apart)


def measure(name: str, seeds: int = SEEDS) -> Found:
    """One case."""
    case = CASES[name]
    with tempfile.TemporaryDirectory(prefix="motegate-bench-") as folder:
        rules_file = Path(folder) / "policy.toml"
        rules_file.write_text(unguarded(policy_text(case.example)))
        learned_from, judged = case.files(Path(folder))
        learned = learn(rules_file, [learned_from], Path(folder))
        rules = policy.load(rules_file)
        records = recording.read(rules, [judged])
        found = stream(learned.gate, records, test_part=learned_from == judged)
        return _judged(learned, _judges(learned), found, seeds)


def _judges(learned: Learned) -> dict[str, list[Judge]]:
    """Parent -> all who judge it."""
    standard, nets = qartod.judge(learned.dataset, learned.dataset.policy), raw.judges(learned.dataset)
    return {
        name: [
            shipped(learned, name), *(learned.candidate(name, one) for one in NAMES),
            *(learned.float_candidate(name, one) for one in NAMES), *field.judges(learned, name), standard, nets[name],
        ]
        for name in learned.tables
    }  # fmt: skip


def _judged(learned: Learned, judges: dict[str, list[Judge]], found: Stream, seeds: int) -> Found:
    plan = learned.dataset.plan
    rows = np.flatnonzero(found.clean)
    quiet = _batch(found, found.slots, found.begin + rows, found.values[rows], found.no_data[rows])
    held = learned.dataset.good(VALIDATION)
    validation = learned.dataset.windows(held)
    before = Batch(
        learned.dataset.values[held],
        np.zeros(len(held), bool),
        validation.counts,
        validation.lateness,
        validation.flags,
    )
    some, wishes, cells = _faults(found, seeds)
    names = [judge.name for judge in next(iter(judges.values()))]
    columns: dict[str, list[np.ndarray]] = {name: [] for name in ("parent", "kind", "two", "severity")}
    hits: dict[str, list[np.ndarray]] = {name: [] for name in names}
    false = dict.fromkeys(names, 0.0)
    for parent in plan.classifiers:
        mine = np.flatnonzero(np.isin(cells, list(plan.cells_of(parent))).any(axis=1))
        batch = Batch(*(getattr(some, name)[mine] for name in Batch.__dataclass_fields__))
        columns["parent"].append(np.full(len(mine), parent.name))
        columns["kind"].append(np.array([wishes[i].kind.name for i in mine]))
        columns["two"].append(np.array([wishes[i].second is not None for i in mine], bool))
        columns["severity"].append(np.array([wishes[i].severity for i in mine]))
        for judge in judges[parent.name]:
            clean, early = judge.score(quiet), judge.score(before)
            limit = threshold(clean, FALSE_ALARMS)
            told = np.where(batch.no_data, NO_DATA, judge.score(batch))
            hits[judge.name].append(told > limit)
            false[judge.name] = max(false[judge.name], float((clean > threshold(early, FALSE_ALARMS)).mean()))
    arrays = {name: np.concatenate(parts) for name, parts in columns.items()}
    return Found(
        **arrays,
        hits={name: np.concatenate(parts) for name, parts in hits.items()},
        false=false,
        size={name: _sum(judges, name, "size") for name in names},
        work={name: _sum(judges, name, "work") for name in names},
        chosen=learned.chosen,
    )


def _sum(judges: dict[str, list[Judge]], name: str, what: str) -> str:
    """Of all parents; of a judge that serves all, once."""
    found = {one for each in judges.values() for one in each if one.name == name}
    numbers = [getattr(one, what).split(" ", 1) for one in found]
    unit = numbers[0][1:]
    return " ".join([f"{sum(int(number[0]) for number in numbers):,}", *unit])


def _faults(found: Stream, seeds: int) -> tuple[Batch, list[injected.Wish], np.ndarray]:
    batches, wishes, cells = [], [], []
    kinds = injected.kinds(found)
    for seed in range(seeds):
        for dealt in (injected.deal, injected.deal_two):
            rng = np.random.default_rng([seed, 7])
            left = dealt(kinds, SEVERITIES, EACH, rng)
            for _ in range(PASSES):
                if not left:
                    break
                some = injected.put(found, left, rng)
                if len(some.rows):
                    batches.append(_batch(found, some.slots, found.begin + some.rows, some.values, some.no_data))
                    wishes += some.placed
                    cells.append(some.cells)
    joined = (np.concatenate([getattr(batch, name) for batch in batches]) for name in Batch.__dataclass_fields__)
    return Batch(*joined), wishes, np.concatenate(cells)


def _batch(found: Stream, slots: ring.Slots, index: np.ndarray, values: np.ndarray, no_data: np.ndarray) -> Batch:
    return Batch(values, no_data, *ring.cut(found.plan, slots, index))


def everything(seeds: int = SEEDS) -> dict[str, Found]:
    """Case -> what was found; two cases at a time, each in a process of its own."""
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        return dict(zip(CASES, pool.map(measure, CASES, [seeds] * len(CASES)), strict=True))


def run(seeds: int = SEEDS) -> str:
    found = everything(seeds)
    severities = " / ".join(f"{severity:g}" for severity in SEVERITIES)
    lines = [
        f"`python -m tests.bench quality`: faults in streams that trained nothing, {seeds} seeds of injection, the",
        "reference following through them, single and two of different homes on top of each other. All judges see the",
        f"same windows; each has the threshold that {FALSE_ALARMS:.0%} of the stream's own good windows exceed (an",
        "oracle's), and a window with too little in it fails by all. Recall is the mean over the kinds of each",
        f"parent's dimensions, at {severities} x limit, with 95 % bootstrap intervals over faults. Two of the seeds",
        "were in view while choosing: development figures. False alarms: the share of the stream's good windows beyond",
        "the threshold that 1 % of validation's exceed, of the worst parent. Bytes and multiply-accumulates are those",
        "of all parents together; the dimensions, which all but the last two read, come on top. Gradient boosting is",
        "free to use any structure between the dimensions that the network might. QARTOD's thresholds are those of the",
        "site that they come from: one river's conductivity goes 55 times beyond the other's, so it says nothing.",
        "",
        f"| stream | judge | single, {severities} | two at once, {severities} | false alarms | bytes | MACs |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, one in found.items():
        for judge in one.hits:
            single, two = (
                " / ".join("{:.2f} ({:.2f} to {:.2f})".format(*one.recall(judge, s, both)) for s in SEVERITIES)
                for both in (False, True)
            )
            costs = f"{one.false[judge]:.1%} | {one.size[judge]} | {one.work[judge]}"
            lines.append(f"| {name} | {judge} | {single} | {two} | {costs} |")
    return "\n".join([*lines, "", *_learning(found), "", *_quantized(found)])


def _learning(found: dict[str, Found]) -> list[str]:
    lines = [
        "What learning is worth: recall of what is shipped above that of rules that learn nothing, on the same single",
        "faults, mean over kinds and severities, with 95 % intervals.",
        "",
        f"| stream | parent | shipped | {' | '.join(f'above {rule}' for rule in RULES)} |",
        f"| --- | --- | --- |{' --- |' * len(RULES)}",
    ]
    for name, one in found.items():
        for parent, kind in one.chosen.items():
            cells = ["{:+.3f} ({:+.3f} to {:+.3f})".format(*one.more("shipped", rule, parent)) for rule in RULES]
            lines.append(f"| {name} | {parent} | {kind} | {' | '.join(cells)} |")
    return lines


def _quantized(found: dict[str, Found]) -> list[str]:
    lines = [
        "int8 above float, the same candidate, likewise:",
        "",
        f"| stream | parent | {' | '.join(NAMES)} |",
        f"| --- | --- |{' --- |' * len(NAMES)}",
    ]
    for name, one in found.items():
        for parent in one.chosen:
            cells = ["{:+.3f} ({:+.3f} to {:+.3f})".format(*one.more(k, f"{k} in float", parent)) for k in NAMES]
            lines.append(f"| {name} | {parent} | {' | '.join(cells)} |")
    return lines
