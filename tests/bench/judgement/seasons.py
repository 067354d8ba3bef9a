"""A river's year on a site that trained nothing, quarter by quarter: false alarms, labelled failures, foreign ones."""

from dataclasses import dataclass

import numpy as np
from motegate.firmware.clock import EPOCH_S
from motegate.train import metrics
from motegate.train.dataset import split
from motegate.train.evaluate import evaluate

from . import injected
from .faint import CASES, Case, passes
from .gates import Gate, learned, recordings
from .scores import fails
from .stream import Stream

TITLE = "A river's year"
SEEDS = 1
KINDS = ("offset", "foreign regime", "jitter")
SEVERITY = 4.0
EACH = 60
RIVERS = tuple(case for case in CASES if case.example == "river")


@dataclass(frozen=True)
class Season:
    """A quarter of the year, or the whole: shares of clean windows that fail, F1 of labelled failures (None without
    any), and recall in ``contextual`` of each kind of fault (None without any), with own thresholds."""

    name: str
    windows: int
    contextual: float
    intrinsic: float
    window_f1: float | None
    event_f1: float | None
    recall: dict[str, float | None]


def measure(seed: int = 0, cases: tuple[Case, ...] = RIVERS, each: int = EACH) -> dict[str, list[Season]]:
    """Site -> its quarters, and the year in the end."""
    return {case.name: _case(case, seed, each) for case in cases}


def quarter(seconds: np.ndarray) -> np.ndarray:
    """0 to 3: the quarter of the year, of seconds since 2020.

    >>> quarter(np.array([0, 86400 * 100, -1])).tolist()
    [0, 1, 3]
    """
    return ((seconds + EPOCH_S).astype("datetime64[s]").astype("datetime64[M]").astype(int) % 12) // 3


def _case(case: Case, seed: int, each: int) -> list[Season]:
    gate = learned("river", (case.trained,), seed)
    found = case.stream(gate)
    quarters = quarter(found.seconds)
    told = fails(gate, found.values, found.no_data, found.silent)
    said, truth = told["intrinsic"], _labelled(gate, case, found)
    kinds = [kind for kind in injected.kinds(found) if kind.name in KINDS]
    hits = [
        (wish.kind.name, quarters[row], hit)
        for some in passes(found, kinds, (SEVERITY,), each, seed)
        for wish, row, hit in zip(
            some.placed,
            some.rows,
            fails(gate, some.values, some.no_data, found.silent)["contextual"],
            strict=True,
        )
    ]
    seasons = []
    for number in (0, 1, 2, 3, None):
        here = np.ones(len(found), bool) if number is None else quarters == number
        if not here.any():
            continue
        clean = here & found.clean
        some_truth = bool((truth & here).any())
        seasons.append(
            Season(
                "year" if number is None else f"Q{number + 1}",
                int(clean.sum()),
                _share(told["contextual"][clean]) or 0.0,
                _share(told["intrinsic"][clean]) or 0.0,
                metrics.windows(said & here, truth & here).f1 if some_truth else None,
                metrics.events(said & here, truth & here).f1 if some_truth else None,
                {k: _share([hit for name, q, hit in hits if name == k and number in (None, q)]) for k in KINDS},
            )
        )
    whole = evaluate(gate.work, list(recordings(case.judged)))["parents"]["intrinsic"]
    if abs(whole["window"]["f1"] - (seasons[-1].window_f1 or 0.0)) > 0.02:
        raise RuntimeError(f"{case.name}: evaluate says {whole['window']}, the quarters' sum {seasons[-1]}")
    return seasons


def _labelled(gate: Gate, case: Case, found: Stream) -> np.ndarray:
    """bool[n]: the windows that are failures of ``intrinsic`` by their labels."""
    labels = gate.read(case.judged).fails["intrinsic"]
    shares = split.label_shares(found.slots.row, found.slots.windows[found.begin :], gate.plan.length, labels)
    return shares >= gate.rules.label_share


def _share(hits) -> float | None:
    return float(np.mean(hits)) if len(hits) else None


def _text(share: float | None) -> str:
    return "-" if share is None else f"{share:.2f}"


def run(seeds: int = SEEDS) -> str:
    lines = [
        "`python -m tests.bench seasons`: the river's model, trained on one site and judged on the other behind its",
        f"commissioning, own thresholds, {seeds} seeds a row. Shares of clean windows that fail; F1 of `intrinsic`",
        f"against the labels; recall in `contextual` of single faults of {SEVERITY:g} x the limit.",
        "",
        "| site, quarter | clean windows | contextual fails | intrinsic fails | window F1, event F1 | "
        + " | ".join(KINDS)
        + " |",
        "| --- |" + " --- |" * (4 + len(KINDS)),
    ]
    for seed in range(seeds):
        for name, seasons in measure(seed).items():
            for one in seasons:
                recall = " | ".join(_text(one.recall[kind]) for kind in KINDS)
                lines.append(
                    f"| {name}, {one.name} | {one.windows} | {one.contextual:.1%} | {one.intrinsic:.1%} "
                    f"| {_text(one.window_f1)}, {_text(one.event_f1)} | {recall} |"
                )
    return "\n".join(lines)
