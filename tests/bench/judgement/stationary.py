"""A stream that never changes: how often each dimension exceeds what one good window in ten or a hundred should."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from motegate.train import policy
from motegate.train.host import engine, scan
from motegate.train.recording import Records

from .gates import policy_text, unguarded

TITLE = "A stationary stream"
SEEDS = 3
DAYS = 365
PERSISTENCE = 0.9  # of the AR(1) noise, from one record to the next
LIMIT = 256
START_S = 189_302_400  # 2026-01-01, since 2020


@dataclass(frozen=True)
class Exceeding:
    """Shares of the windows behind commissioning whose value is above 0, and above 256, over all seeds."""

    ordinary: float
    limit: float
    windows: int


def measure(seeds: int = SEEDS, days: int = DAYS, children: tuple[str, ...] = ()) -> dict[str, Exceeding]:
    """Column -> shares. The policy is examples/machine_temperature's; ``children`` join its contextual ones."""
    text = unguarded(policy_text("machine_temperature"))
    rules = policy.loads(text, Path("stationary/policy.toml"))
    parents = tuple(
        replace(parent, children=tuple(dict.fromkeys((*parent.children, *children))))
        if parent.name == "contextual"
        else parent
        for parent in rules.parents
    )
    rules = replace(rules, parents=parents)
    plan = policy.compile_policy(rules)
    values = []
    for seed in range(seeds):
        slots, stats = scan.measure(plan, records(rules, days, seed))
        run = engine.Engine(plan, None, rules.reference_windows).run(slots, stats)
        values.append(run.values[run.first :])
    held = np.concatenate(values)
    return {
        column.name: Exceeding(float((held[:, i] > 0).mean()), float((held[:, i] > LIMIT).mean()), len(held))
        for i, column in enumerate(plan.columns)
    }


def records(rules: policy.Policy, days: int, seed: int) -> Records:
    """AR(1) noise in every channel: 40 counts wide around the middle, on time to 1 % of a period."""
    rng = np.random.default_rng(seed)
    period = rules.period_ms
    n = days * 86_400_000 // period
    x = rng.normal(size=(n, len(rules.channels)))
    for i in range(1, n):
        x[i] = PERSISTENCE * x[i - 1] + (1 - PERSISTENCE**2) ** 0.5 * x[i]
    counts = np.round(40 * x).astype(np.int16)
    ms = START_S * 1000 + period * np.arange(n) + rng.integers(-period // 100, period // 100 + 1, n)
    status = np.zeros((n, len(rules.status)), np.int32)
    seqs = np.full(n, -1, np.int32)
    return Records(counts, (ms // 1000).astype(np.int32), (ms % 1000).astype(np.int16), seqs, status, {})


def run(seeds: int = SEEDS) -> str:
    found = measure(seeds)
    windows = next(iter(found.values())).windows
    lines = [
        f"`python -m tests.bench stationary`: {seeds} years of AR(1) noise ({PERSISTENCE:g}), jitter of 1 %, the",
        f"dimensions of examples/machine_temperature, {windows:,} windows behind the commissioning. Above 0 should be",
        "one window in ten and above 256 one in a hundred, where a dimension has that many steps at all.",
        "",
        "| dimension | above 0 | above 256 |",
        "| --- | --- | --- |",
        *(f"| {name} | {one.ordinary:.1%} | {one.limit:.2%} |" for name, one in found.items()),
    ]
    return "\n".join(lines)
