"""A stream that never changes: how often each dimension exceeds what one good window in ten or a hundred should."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.firmware.device import layout
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
    """Shares of the windows behind commissioning whose measure exceeds q90, whose value is above 0, and above 256, over
    all seeds. A value of 0 is rarer than q90 only where a decade is wider than its floor."""

    q90: float
    ordinary: float
    limit: float
    windows: int


def measure(seeds: int = SEEDS, days: int = DAYS) -> dict[str, Exceeding]:
    """Column -> shares. The policy is examples/machine_temperature's."""
    rules = policy.loads(unguarded(policy_text("machine_temperature")), Path("stationary/policy.toml"))
    plan = policy.compile_policy(rules)
    values, beyond = [], []
    for seed in range(seeds):
        slots, stats = scan.measure(plan, records(rules, days, seed))
        run = engine.Engine(plan, None, rules.reference_windows).run(slots, stats)
        values.append(run.values[run.first :])
        beyond.append(_beyond_q90(plan, run))
    held, over = np.concatenate(values), np.concatenate(beyond)
    return {
        column.name: Exceeding(
            float(over[:, column.cells[0]].mean()), float((held[:, i] > 0).mean()), float((held[:, i] > LIMIT).mean()),
            len(held),
        )
        for i, column in enumerate(plan.columns)
    }  # fmt: skip


def _beyond_q90(plan: policy.Plan, run: engine.Run) -> np.ndarray:
    """bool[judged, n_cells]: a window's measure exceeds what one good window in ten does."""
    references, measures = run.references[run.first :], run.measures[run.first :]
    limits = layout.REF_HEAD + len(plan.channels) * layout.REF_STRIDE
    found = np.zeros(measures.shape, bool)
    for k, cell in enumerate(plan.cells):
        log = np.log2(np.maximum(measures[:, k], 1))
        if cell.mode == layout.WIDTH:
            width = references[:, layout.REF_HEAD + cell.channel * layout.REF_STRIDE + layout.WIDTH_LOG]
            log = np.maximum(log + (layout.WIDTH_ONE - width) / 2**14, 0)
        found[:, k] = (log > references[:, limits + layout.LIMIT_STRIDE * k + layout.Q90] / 2**24) & (
            measures[:, k] > 0
        )
    return found


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
        f"dimensions of examples/machine_temperature, {windows:,} windows behind the commissioning. Beyond q90",
        "should be one window in ten and above 256, beyond q99, one in a hundred, where a dimension has so many steps",
        "at all. A value of 0 is one in ten where a decade is wider than its floor of 0.29 octaves, else less rare.",
        "",
        "| dimension | beyond q90 | above 0 | above 256 |",
        "| --- | --- | --- | --- |",
        *(f"| {name} | {one.q90:.1%} | {one.ordinary:.1%} | {one.limit:.2%} |" for name, one in found.items()),
    ]
    return "\n".join(lines)
