"""NAB's machine temperature: what ``contextual`` says of its labelled stretches."""

from dataclasses import dataclass

import numpy as np
from motegate.train import metrics
from motegate.train.dataset import split

from .gates import learned
from .scores import fails, scores, threshold
from .stream import stream

TITLE = "NAB, machine temperature"
SEEDS = 3
FILE = "nab_machine_temperature.csv"
OWN, REALISED = "own", "realised 1 %"


@dataclass(frozen=True)
class Nab:
    """With one threshold: ``found`` says of each labelled event in time order whether any window of it failed,
    ``recall`` which share of its windows; ``false_alarms``: of 1,000 clean windows."""

    found: tuple[bool, ...]
    recall: tuple[float, ...]
    false_alarms: float

    @property
    def later(self) -> bool:
        """Both of the two later events are found."""
        return all(self.found[-2:])


def measure(seed: int = 0) -> dict[str, Nab]:
    """Threshold -> what it finds behind the commissioning."""
    gate = learned("machine_temperature", (FILE,), seed)
    records = gate.read(FILE)
    whole = stream(gate.trained, records, test_part=False)
    starts = whole.slots.windows[whole.begin :]
    shares = split.label_shares(whole.slots.row, starts, gate.plan.length, records.fails["contextual"])
    truth = shares >= gate.rules.label_share
    held = whole.values, whole.no_data, whole.silent
    score = scores(gate, gate.plan.parent("contextual"), *held)["shipped"]
    said = {OWN: fails(gate, *held)["contextual"], REALISED: score > threshold(score[whole.clean])}
    return {
        name: Nab(
            tuple(bool(fail[first:last].any()) for first, last in metrics.spans(truth)),
            tuple(float(fail[first:last].mean()) for first, last in metrics.spans(truth)),
            1000 * float(np.mean(fail[whole.clean])),
        )
        for name, fail in said.items()
    }


def run(seeds: int = SEEDS) -> str:
    lines = [
        "`python -m tests.bench nab`: `contextual` of examples/machine_temperature over its whole recording behind the",
        "commissioning. Training saw the labels of its first 60 % and set the threshold on the next 20 %, where the",
        "first of the two later events lies. The second threshold is one that at most 1 % of clean windows exceed.",
        "",
        "| seed, threshold | events found | the two later | recall of windows by event | false alarms per 1,000 |",
        "| --- | --- | --- | --- | --- |",
    ]
    for seed in range(seeds):
        for name, one in measure(seed).items():
            recall = ", ".join(f"{share:.2f}" for share in one.recall)
            lines.append(
                f"| {seed}, {name} | {sum(one.found)} of {len(one.found)} | {'found' if one.later else 'not both'} "
                f"| {recall} | {one.false_alarms:.1f} |"
            )
    return "\n".join(lines)
