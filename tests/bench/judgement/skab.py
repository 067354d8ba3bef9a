"""SKAB's valve at the pump's outlet: eight channels, trained on half of its files, judged on the others one by one."""

from dataclasses import dataclass

import numpy as np
from motegate.train import metrics
from motegate.train.dataset import split
from motegate.train.host import judge, ring

from .gates import learned

TITLE = "SKAB, valve 1"
SEEDS = 3
TRAINED = tuple(f"skab_valve1/{i}.csv" for i in range(8))
TESTED = tuple(f"skab_valve1/{i}.csv" for i in range(8, 16))


@dataclass(frozen=True)
class Skab:
    """Over the windows of all tested files behind their commissioning; ``false_alarms`` is a share of good windows."""

    f1: float
    recall: float
    precision: float
    false_alarms: float
    windows: int


def measure(seed: int = 0) -> Skab:
    gate = learned("skab", TRAINED, seed)
    said, truth = [], []
    for file in TESTED:
        records = gate.read(file)
        verdicts = judge.judge(gate.trained, records)
        slots = ring.expand(gate.plan, records)
        starts = slots.windows[verdicts.first :]
        shares = split.label_shares(slots.row, starts, gate.plan.length, records.fails["contextual"])
        said.append(verdicts.fails(gate.plan)["contextual"])
        truth.append(shares >= gate.rules.label_share)
    fails, failures = np.concatenate(said), np.concatenate(truth)
    counts = metrics.windows(fails, failures)
    return Skab(counts.f1, counts.recall, counts.precision, float(fails[~failures].mean()), len(fails))


def run(seeds: int = SEEDS) -> str:
    found = [measure(seed) for seed in range(seeds)]
    rows = [
        f"| {seed} | {one.f1:.3f} | {one.recall:.3f} | {one.precision:.3f} | {one.false_alarms:.1%} |"
        for seed, one in enumerate(found)
    ]
    return "\n".join(
        [
            "`python -m tests.bench skab`: `contextual` of tests/bench/policies/skab.toml, trained on valve1/0 to 7;",
            "files 8 to 15 judged each by itself, the reference from its first 300 rows, own threshold, windows of all",
            f"eight files together ({found[0].windows}).",
            "",
            "| seed | window F1 | recall | precision | false alarms |",
            "| --- | --- | --- | --- | --- |",
            *rows,
        ]
    )
