"""Compiles a policy to its plan."""

import math

from motegate.firmware.clock import DAY_MS
from motegate.firmware.device import layout
from motegate.firmware.device.kernels.plain.value import log2_q14

from ..catalogue import Dimension
from .form import CONFIRMS, Policy
from .plan import Action, Cell, Channel, Column, Model, Parent, Plan, ReferenceRule, needs_regimes

SMALLEST_STEP = 4096
"""A step of the reference in Q24 widths: below it, what an edge moves inwards would vanish in rounding, and the
reference takes one step in several windows instead.
"""

SMALLEST_RISE = 64
"""The same of the regime's limit, Q24 octaves: a step of its sinking back is a twentieth."""
DEFAULT_FOLLOW = 0.05
"""Widths a day where nobody has measured what the stream needs."""
PATIENT_OCTAVES = 2.0
"""The jump that ``patience_days`` is said of, in octaves: 4 x the limit."""
DEFAULT_WINDOWS = 1000
"""One alarm run in so many windows, where the policy gives no budget."""

MODES = {
    "own": layout.FOLLOW,
    "late": layout.FOLLOW_LATE,
    "width": layout.WIDTH,
    "regime": layout.FOLLOW_REGIME,
    "width0": layout.WIDTH0,
    "fixed": layout.FIXED,
}


def limit_q24(measure: float) -> int:
    """log2 of a limit, Q24, within a unit of Q14: a limit as the device compares it."""
    return log2_q14(round(measure)) << 10 if measure < 2**14 and measure == int(measure) else _log_q24(measure)


def _log_q24(measure: float) -> int:
    return round(math.log2(min(max(measure, 1.0), 2.0**29)) * (1 << 14)) << 10


def _threshold(policy: Policy, dimension: Dimension, channel: int) -> float | None:
    """The policy's threshold of one cell in the measure's unit, or None."""
    rule = policy.rules.get(dimension.name)
    if rule is None:
        return None
    if channel < 0:
        return None if rule.threshold is None else rule.threshold * dimension.one
    value = rule.thresholds.get(policy.channels[channel].name)
    if value is None:
        return None
    if dimension.unit == "count":
        return value / policy.channels[channel].resolution * dimension.one
    if dimension.unit == "rate":
        return value / policy.channels[channel].resolution * policy.period_ms / 1000 * dimension.one
    return value * dimension.one


def _cell(policy: Policy, dimension: Dimension, channel: int) -> Cell:
    threshold = _threshold(policy, dimension, channel)
    if threshold is None:
        return Cell(dimension.name, channel, MODES[dimension.limit], limit_q24(dimension.floor))
    least = dimension.one if dimension.limit == "width" else dimension.floor
    return Cell(dimension.name, channel, layout.FIXED, limit_q24(max(threshold, least)))


def _cells(policy: Policy) -> tuple[tuple[Cell, ...], tuple[Column, ...]]:
    cells: list[Cell] = []
    columns: list[Column] = []
    where: dict[tuple[str, int], int] = {}
    names = [channel.name for channel in policy.channels]
    for column in policy.columns:
        name, _, channel = column.partition(".")
        dimension = policy.dimension(name)
        every = list(range(len(names))) if dimension.scope == "channel" else [-1]
        channels = [names.index(channel)] if channel else every
        for c in channels:
            if (name, c) not in where:
                where[name, c] = len(cells)
                cells.append(_cell(policy, dimension, c))
        columns.append(Column(column, tuple(where[name, c] for c in channels)))
    return tuple(cells), tuple(columns)


def reference_rule(policy: Policy) -> ReferenceRule:
    """How the reference is commissioned and moves."""
    a_window = policy.hop * policy.period_ms / DAY_MS * (1 << 24)  # one a day, Q24
    follow = (DEFAULT_FOLLOW if policy.follow_per_day is None else policy.follow_per_day) * a_window
    rise = PATIENT_OCTAVES / policy.patience_days * a_window if policy.patience_days else 0.0
    every = max(math.ceil(SMALLEST_STEP / follow) if follow else 1, math.ceil(SMALLEST_RISE / rise) if rise else 1)
    every = min(every, 1 << 20)
    return ReferenceRule(
        policy.reference_windows,
        every,
        max(1, min(round(follow * every), 1 << 26)) if follow else 0,
        max(1, min(round(rise * every), 1 << 28)) if rise else 0,
        _reach_q12(policy),
    )


def _reach_q12(policy: Policy) -> int:
    """How far the alarm budget lies beyond the 95 % quantile of a site's levels, in ways from the 80 % one, Q12, where
    the levels' tail is exponential: log(0.2 / p) / log(4) - 1, p being the share of windows that may fail.

    The budget counts runs of failing windows. Windows overlap, so a lone event is seen by up to length / hop of them:
    a run is taken as half as many windows long.
    """
    run = max(1.0, policy.length / policy.hop / 2)
    a_day = DAY_MS / (policy.hop * policy.period_ms)
    runs = 1 / DEFAULT_WINDOWS if policy.alarms_per_day is None else policy.alarms_per_day / a_day
    share = min(runs * run, 0.05)
    return min(round((math.log(0.2 / share) / math.log(4) - 1) * 4096), 1 << 15)


def compile_policy(policy: Policy) -> Plan:
    """The plan of a policy. Its own dimensions are then among the device's; InputError: one does not load."""
    policy.install_dimensions()
    cells, columns = _cells(policy)
    channels = [channel.name for channel in policy.channels]
    return Plan(
        stream=policy.name,
        period_ms=policy.period_ms,
        length=policy.length,
        hop=policy.hop,
        channels=tuple(Channel(c.name, c.range_counts, c.rail_counts) for c in policy.channels),
        status=tuple(sorted(policy.status, key=lambda field: _first(policy, field.dimension))),
        cells=cells,
        columns=columns,
        parents=tuple(
            Parent(parent.name, policy.columns_of(parent.name), children, classifier)
            for parent, children, classifier in zip(
                policy.parents, policy.graph.children, policy.graph.classifiers, strict=True
            )
        ),
        table=policy.action_table(),
        actions=tuple(Action(action.name, action.do) for action in policy.actions),
        models=tuple(
            Model(model.name, f"{model.name}.pack", channels.index(model.channel) if model.channel else 0)
            for model in policy.models
        ),
        reference=reference_rule(policy),
        drift_alarms=policy.drift_alarms,
        adapt=_adapt(policy),
        reads=_reads(policy, cells),
    )


def _adapt(policy: Policy) -> tuple[int, ...]:
    rules = policy.adapt
    if rules is None:
        return ()
    found = [0] * layout.ADAPT_RULES
    found[layout.ADAPT_LEARN] = rules.learn * -(-policy.length // policy.hop)
    found[layout.ADAPT_CONFIRM] = CONFIRMS.index(rules.confirm)
    found[layout.ADAPT_QUORUM] = rules.quorum
    found[layout.ADAPT_OCTAVES] = round(rules.limits_octaves * 2**24)
    found[layout.ADAPT_WIDTHS] = round(rules.level_widths * 16)
    found[layout.ADAPT_BOUND] = round(rules.head_bound * 256)
    found[layout.ADAPT_CANARIES] = rules.canary_errors
    return tuple(found)


def _reads(policy: Policy, cells: tuple[Cell, ...]) -> int:
    """The parts of a scan that its dimensions ask for, and the signatures of regimes where there are any."""
    found = layout.READ_BINS | layout.READ_BITS if any(map(needs_regimes, cells)) else 0
    for name in {cell.dimension for cell in cells}:
        found |= policy.dimension(name).reads
    return found


def _first(policy: Policy, dimension: str) -> int:
    return next(i for i, field in enumerate(policy.status) if field.dimension == dimension)
