"""How faint a fault may be: recall at the limit and its double and fourfold, at a realised share of false alarms."""

from dataclasses import dataclass

import numpy as np

from . import injected
from .gates import RIVERS, Gate, learned
from .intervals import mean_over_kinds
from .scores import JUDGES, scores, threshold
from .stream import Stream, stream

TITLE = "Faint faults"
SEEDS = 3
SEVERITIES = (1.0, 2.0, 4.0)
EACH = 20  # faults of a kind at a severity, a seed
PASSES = 200  # through a stream, at most
FALSE_ALARMS = 0.01


@dataclass(frozen=True)
class Case:
    """A gate's example, what it was trained on, what it is judged on."""

    name: str
    example: str
    trained: str
    judged: str

    def stream(self, gate: Gate) -> Stream:
        """Of its own recording the part that training left alone, of another all behind the commissioning."""
        return stream(gate.trained, gate.read(self.judged), test_part=self.trained == self.judged)


CASES = (
    Case("machine temperature", "machine_temperature", "nab_machine_temperature.csv", "nab_machine_temperature.csv"),
    Case("compressed air", "compressed_air", "skab_anomaly_free.csv", "skab_anomaly_free.csv"),
    Case("river, MainStreet", "river", RIVERS[0], RIVERS[1]),
    Case("river, FranklinBasin", "river", RIVERS[1], RIVERS[0]),
)


@dataclass(frozen=True)
class Faint:
    """Faults of one case by one judge, a row for each fault and parent that holds its home: ``parent`` and ``kind``
    str[n], ``severity`` float64[n], ``hit`` bool[n]. ``rates``: parent -> realised share of false alarms;
    ``clean``: windows that share is of, over all seeds."""

    parent: np.ndarray
    kind: np.ndarray
    severity: np.ndarray
    hit: np.ndarray
    rates: dict[str, float]
    clean: int

    def recall(self, severity: float, parent: str | None = None) -> tuple[float, float, float]:
        """Mean over kinds with its 95 % interval; of all parents without one."""
        chosen = (self.severity == severity) & (True if parent is None else self.parent == parent)
        return mean_over_kinds(np.char.add(self.parent, self.kind)[chosen], self.hit[chosen])

    def by_kind(self, severity: float) -> dict[str, float]:
        """Parent and kind -> recall."""
        names = np.char.add(np.char.add(self.parent, ": "), self.kind)
        chosen = self.severity == severity
        return {str(n): float(self.hit[chosen & (names == n)].mean()) for n in np.unique(names[chosen])}


def measure(
    seeds: int = SEEDS,
    cases: tuple[Case, ...] = CASES,
    each: int = EACH,
    severities: tuple[float, ...] = SEVERITIES,
) -> dict[str, dict[str, Faint]]:
    """Case -> judge -> what it found."""
    return {case.name: _case(case, seeds, each, severities) for case in cases}


def _case(case: Case, seeds: int, each: int, severities: tuple[float, ...]) -> dict[str, Faint]:
    rows: dict[str, list[tuple]] = {judge: [] for judge in JUDGES}
    rates: dict[str, dict[str, list[float]]] = {judge: {} for judge in JUDGES}
    clean = 0
    for seed in range(seeds):
        gate = learned(case.example, (case.trained,), seed)
        found = case.stream(gate)
        clean += int(found.clean.sum())
        parents = gate.plan.classifiers
        limits = {}
        for parent in parents:
            quiet = scores(gate, parent, found.values, found.no_data, found.silent)
            for judge, score in quiet.items():
                limits[parent.name, judge] = limit = threshold(score[found.clean], FALSE_ALARMS)
                rates[judge].setdefault(parent.name, []).append(float((score[found.clean] > limit).mean()))
        for some in passes(found, injected.kinds(found), severities, each, seed):
            for parent in parents:
                mine = np.isin(some.cells, list(gate.plan.cells_of(parent))).any(axis=1)
                told = scores(gate, parent, some.values[mine], some.no_data[mine], found.silent)
                wishes = [wish for wish, here in zip(some.placed, mine, strict=True) if here]
                for judge, score in told.items():
                    hit = score > limits[parent.name, judge]
                    rows[judge] += [
                        (parent.name, wish.kind.name, wish.severity, bool(is_hit))
                        for wish, is_hit in zip(wishes, hit, strict=True)
                    ]
    return {
        judge: Faint(
            *(np.array(column) for column in zip(*rows[judge], strict=True)),
            {name: float(np.mean(rate)) for name, rate in rates[judge].items()},
            clean,
        )
        for judge in JUDGES
    }


def passes(found: Stream, kinds: list, severities: tuple[float, ...], each: int, seed: int):
    """The stream again and again, with new faults in it each time, until all have had their turn."""
    rng = np.random.default_rng([seed, 7])
    wishes = injected.deal(kinds, severities, each, rng)
    for _ in range(PASSES):
        if not wishes:
            return
        yield injected.put(found, wishes, rng)


def run(seeds: int = SEEDS) -> str:
    lines = [
        f"`python -m tests.bench faint`: single faults in streams that trained nothing, {seeds} seeds of both",
        "training and injection, the reference following through them. The score is that of the window that holds the",
        "whole fault; thresholds are the lowest that at most 1 % of the stream's own clean windows exceed, so they are",
        "an oracle's. Mean over the kinds of a parent's dimensions, with a 95 % bootstrap interval over faults.",
        "",
        "| stream, parent | judge | 1 x limit | 2 x limit | 4 x limit | false alarms |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, judges in measure(seeds).items():
        parents = list(next(iter(judges.values())).rates)
        for parent in [None, *parents]:
            for judge, found in judges.items():
                cells = " | ".join(
                    "{:.2f} ({:.2f} to {:.2f})".format(*found.recall(severity, parent)) for severity in SEVERITIES
                )
                rates = [rate for key, rate in found.rates.items() if parent in (None, key)]
                lines.append(f"| {name}, {parent or 'all'} | {judge} | {cells} | {max(rates):.2%} |")
    return "\n".join(lines)
