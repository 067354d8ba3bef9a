"""False alarms against the policy's budget, on recordings that trained nothing, by the gate's own thresholds."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from motegate.firmware.clock import DAY_MS
from motegate.train import metrics
from motegate.train.policy import Policy

from .faint import CASES
from .gates import learned
from .intervals import poisson
from .scores import fails
from .skab import TESTED, TRAINED
from .stream import Stream, stream

TITLE = "False alarms"
SEEDS = 1
ONE_IN = 1000  # windows: the budget where the policy gives none


@dataclass(frozen=True)
class Alarms:
    """Of one parent on one recording: clean ``windows``, those that fail, ``runs`` of failing windows that touch no
    labelled one, and how many of those the budget ``expected``."""

    parent: str
    windows: int
    failing: int
    runs: int
    expected: float

    @property
    def interval(self) -> tuple[float, float]:
        """Of the expectation behind ``runs``, 95 %, as if they came one by one."""
        return poisson(self.runs)

    @property
    def ratio(self) -> float:
        return self.runs / self.expected if self.expected else float("nan")

    def __add__(self, other: "Alarms") -> "Alarms":
        mine, others = (np.array([one.windows, one.failing, one.runs, one.expected], object) for one in (self, other))
        return Alarms(self.parent, *(mine + others))


def measure(seeds: int = SEEDS) -> dict[str, list[Alarms]]:
    """Recording -> the alarms of each classifier, summed over seeds."""
    found: dict[str, list[Alarms]] = {}
    for seed in range(seeds):
        for name, rules, trained, judged in _streams(seed):
            alarms = of_stream(rules, trained, judged)
            before = found.get(name)
            found[name] = alarms if before is None else [a + b for a, b in zip(before, alarms, strict=True)]
    return found


def _streams(seed: int) -> Iterator[tuple]:
    """Name of the row, policy, gate, stream."""
    for case in CASES:
        gate = learned(case.example, (case.trained,), seed)
        yield case.name + (", last fifth" if case.trained == case.judged else ""), gate.rules, gate, case.stream(gate)
    gate = learned("skab", TRAINED, seed)
    for file in TESTED:
        yield "water loop, valve 1, 8 to 15", gate.rules, gate, stream(gate.trained, gate.read(file), test_part=False)


def of_stream(rules: Policy, gate, judged: Stream) -> list[Alarms]:
    """Each classifier's alarms on one stream."""
    told = fails(gate, judged.values, judged.no_data, judged.silent)
    windows = int(judged.clean.sum())
    days = windows * rules.hop * rules.period_ms / DAY_MS
    expected = windows / ONE_IN if rules.alarms_per_day is None else rules.alarms_per_day * days
    return [
        Alarms(
            parent.name,
            windows,
            int((said & judged.clean).sum()),
            sum(bool(judged.clean[first:last].all()) for first, last in metrics.spans(said)),
            expected,
        )
        for parent, said in ((parent, told[parent.name]) for parent in gate.plan.classifiers)
    ]


def run(seeds: int = SEEDS) -> str:
    lines = [
        f"`python -m tests.bench false_alarms`: {seeds} seeds, each gate's own thresholds, recordings (or their last",
        "fifth) that trained nothing. Runs of failing windows that touch no labelled one, against the policy's budget,",
        "with the exact 95 % interval of a Poisson count; where most windows fail, runs melt into each other: see the",
        "failing windows.",
        "",
        "| stream, parent | clean windows | failing | runs expected | realised (95 %) | ratio |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, alarms in measure(seeds).items():
        for one in alarms:
            low, high = one.interval
            lines.append(
                f"| {name}, {one.parent} | {one.windows} | {one.failing} ({one.failing / max(1, one.windows):.1%}) "
                f"| {one.expected:.1f} | {one.runs} ({low:.1f} to {high:.1f}) | {one.ratio:.1f} |"
            )
    return "\n".join(lines)
