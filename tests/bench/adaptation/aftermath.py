"""What is left of a fault that has ended, and what a quiet stream is left alone with."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from motegate.examples.smart_meter.record import household
from motegate.firmware.device.layout import ADAPT_SWAPS
from motegate.train.host.adaptive import AdaptiveGate

from . import compressor
from .changes import Story, alarms, compressor_gate, measured_of, meter_gate
from .frozen import State, Stretch

TITLE = "After a fault, and without any change"
SEEDS = 3
BEGIN, LASTS, AFTER, END = 420, 200, 100, 760  # windows
DAYS, HOUSES = 1000, 2
Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]
FAULTS: dict[str, Change] = {
    "pressure 2 bar high": lambda x, rng: x + np.array([0, 2.0, 0]),
    "current at half": lambda x, rng: x * [1, 1, 0.5],
    "pressure stuck": lambda x, rng: np.stack([x[:, 0], np.full(len(x), x[0, 1]), x[:, 2]], 1),
    "pressure missing": lambda x, rng: x * [1, np.nan, 1],
    "ten times the noise": lambda x, rng: x + np.outer(rng.normal(size=len(x)), [0, 0.1, 3.0]),
    "pressure creeps up by 1 bar": lambda x, rng: x + np.outer(np.linspace(0, 1, len(x)), [0, 1.0, 0]),
}
CONFIRMS = (None, "labels", "auto")


@dataclass(frozen=True)
class After:
    """F1 of the reference just before a fault, less that of the one 100 windows behind its end, on the windows from
    there on; references that were taken over."""

    lost: float
    swaps: int


def aftermath(fault: str, confirm: str | None, seed: int) -> After:
    """A fault of 200 windows that nobody says anything about."""
    trained, rules = compressor_gate()
    lines = compressor.recording([(48 * END, compressor.OLD)], seed).splitlines()
    rows = np.array([line.split(",") for line in lines[1:]], float)
    here = slice(48 * BEGIN, 48 * (BEGIN + LASTS))
    rows[here] = FAULTS[fault](rows[here], np.random.default_rng(seed))
    cells = (f"{int(ms)},{bar:.4f},{amp:.3f}".replace("nan", "") for ms, bar, amp in rows)
    measured = measured_of(trained, rules, "\n".join([lines[0], *cells]) + "\n")
    plan = trained.plan if confirm is None else Story("", trained, rules, measured, BEGIN, END).adapting(confirm)
    gate = AdaptiveGate(trained, measured, plan)
    states = {}
    for window in gate:
        if window in (BEGIN - 2, BEGIN + LASTS + AFTER):
            states[window] = State(*gate.reference())
    stretch = Stretch(trained, measured, BEGIN + LASTS + 4, END - 2, 1, seed)
    before, after = (stretch.score(state).f1 for state in states.values())
    return After(before - after, int(gate.cycle.state[ADAPT_SWAPS]) if gate.cycle else 0)


def quiet(seed: int) -> tuple[int, int]:
    """Alarms and swaps of a household without any change, with ``auto``."""
    trained, rules = meter_gate(seed)
    measured = measured_of(trained, rules, household(DAYS, seed).text())
    gate = AdaptiveGate(trained, measured, Story("", trained, rules, measured, 0, 0).adapting("auto"))
    for _ in gate:
        pass
    assert gate.cycle is not None
    return len(alarms(gate.said)), int(gate.cycle.state[ADAPT_SWAPS])


def run(seeds: int = SEEDS) -> str:
    lines = [
        f"`python -m tests.bench aftermath`: a compressor's fault of {LASTS} windows, {seeds} seeds each; nobody says",
        f"anything. F1 of the reference {AFTER} windows behind the fault's end, frozen, on the good windows then,",
        "against that of the reference just before the fault: the largest loss, and references taken over.",
        "",
        "| fault | without adaptation | `labels` | `auto` |",
        "| --- | --- | --- | --- |",
    ]
    for fault in FAULTS:
        cells = []
        for confirm in CONFIRMS:
            some = [aftermath(fault, confirm, seed) for seed in range(1, seeds + 1)]
            cells.append(f"{max(one.lost for one in some):.3f}, {sum(one.swaps for one in some)}")
        lines.append(f"| {fault} | {' | '.join(cells)} |")
    houses = [quiet(seed) for seed in range(1, HOUSES + 1)]
    lines += [
        "",
        f"{HOUSES * DAYS:,} days of {HOUSES} households without any change, with `auto`: "
        f"{sum(n for n, _ in houses)} alarms, {sum(n for _, n in houses)} references taken over.",
    ]
    return "\n".join(lines)
