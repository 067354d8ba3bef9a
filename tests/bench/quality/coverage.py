"""Whether 95 % intervals hold the truth as often: simulated recordings whose recalls and false alarms are known.

A recording is harder in some weeks than in others: how far a window's score lies from the threshold wanders (an AR(1)
process over windows), so that neighbours are found or missed together. What is measured are the intervals that
metrics.json has, by its own code.
"""

from collections import defaultdict
from math import sqrt
from statistics import NormalDist

import numpy as np
from motegate.train import intervals, metrics

TITLE = "Whether intervals hold the truth"
RECORDINGS = 200
WINDOWS, OVERLAP = 600, 4
KINDS = (-0.2, 0.0, 0.3, 0.6, 0.9, 1.4)  # how far beyond the threshold 1 x limit lies, in spreads of a score
EACH = 40  # faults of a kind at a severity
DOUBLING = 0.9  # spreads more at twice the limit
QUIET = -2.2  # good windows
TOGETHER, KEEPS = (
    (0.0, 0.5, 0.8),
    0.9,
)  # spread of what wanders, beside a window's own of 1; what is left a window later


def scored(rng: np.random.Generator, together: float) -> metrics.Scored:
    """One recording."""
    away = np.zeros(WINDOWS)
    away[0] = rng.normal(0, together)
    for t in range(1, WINDOWS):
        away[t] = KEEPS * away[t - 1] + together * sqrt(1 - KEEPS**2) * rng.normal()
    scores, kinds, severities, rows = [QUIET + away + rng.normal(size=WINDOWS)], [""] * WINDOWS, [0.0] * WINDOWS, []
    rows.append(np.arange(WINDOWS))
    for number, far in enumerate(KINDS):
        for severity in metrics.SEVERITIES:
            row = rng.integers(0, WINDOWS, EACH)
            scores.append(far + DOUBLING * np.log2(severity) + away[row] + rng.normal(size=EACH))
            rows.append(row)
            kinds += [f"kind {number}"] * EACH
            severities += [severity] * EACH
    kind = np.array(kinds)
    block = np.concatenate(rows) // intervals.block_length(WINDOWS, OVERLAP)
    return metrics.Scored(np.concatenate(scores), kind != "", kind == "", kind, np.array(severities), block, OVERLAP)


def truth(far: float, together: float) -> float:
    """The share of windows beyond the threshold, which is 0."""
    return NormalDist().cdf(far / sqrt(1 + together**2))


def held(together: float, recordings: int = RECORDINGS) -> dict[str, float]:
    """Figure -> the share of recordings whose interval holds its truth."""
    hits: dict[str, list[bool]] = defaultdict(list)
    for number in range(recordings):
        found = metrics.summary(scored(np.random.default_rng([number, round(10 * together)]), together), 0)
        low, high = found["intervals"]["false_alarm_rate"]
        hits["false alarms"].append(low <= truth(QUIET, together) <= high)
        for severity in metrics.SEVERITIES:
            more = DOUBLING * np.log2(severity)
            true = [truth(far + more, together) for far in KINDS]
            low, high = found["intervals"]["recall"][f"{severity:g}"]
            hits[f"recall at {severity:g}"].append(low <= np.mean(true) <= high)
            for number_of, one in enumerate(true):
                low, high = found["kinds"][f"kind {number_of}"][f"interval_{severity:g}"]
                hits[f"of one kind at {severity:g}"].append(low <= one <= high)
    return {name: float(np.mean(one)) for name, one in hits.items()}


def run() -> str:
    found = {together: held(together) for together in TOGETHER}
    lines = [
        f"`python -m tests.bench coverage`: {RECORDINGS} simulated recordings of {WINDOWS} windows, {OVERLAP} of which",
        f"share samples, with {EACH} faults of {len(KINDS)} kinds at each severity. Neighbours hang together: beside a",
        "window's own spread of 1, what all of them share wanders by so much, and a tenth of it goes in each window.",
        "The share of recordings whose 95 % interval, as metrics.json has it, holds what is known to be true.",
        "",
        f"| figure | {' | '.join(f'together {together:g}' for together in TOGETHER)} |",
        f"| --- |{' --- |' * len(TOGETHER)}",
    ]
    for name in found[TOGETHER[0]]:
        lines.append(f"| {name} | {' | '.join(f'{found[together][name]:.1%}' for together in TOGETHER)} |")
    return "\n".join(lines)
