"""The plan: a policy compiled to integers, one dictionary of plain JSON that device and host both read."""

import functools
import importlib.util
import math
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from motegate.firmware.device import dimensions as built_in
from motegate.firmware.device import layout
from motegate.firmware.device.kernels.value_plain import log2_q14
from motegate.firmware.epoch import DAY_MS
from motegate.firmware.errors import InputError

from .policy import Policy

SMALLEST_STEP = 4096
"""A step of the reference in Q24 widths: below it, what an edge moves inwards would vanish in rounding, and the
reference takes one step in several windows instead.
"""

MODES = {
    "own": layout.FOLLOW,
    "late": layout.FOLLOW_LATE,
    "width": layout.WIDTH,
    "width0": layout.WIDTH0,
    "fixed": layout.FIXED,
}


def dimension_module(policy: Policy, name: str) -> ModuleType:
    """The module that defines a dimension: one of the device's, or the user's own file under the same package.

    InputError, here or when it measures: the user's own does not load, or gives what no measure may be.
    """
    qualified = f"{built_in.__name__}.{name}"
    rule = policy.rules.get(name)
    if rule is None or rule.file is None:
        return importlib.import_module(qualified)
    spec = importlib.util.spec_from_file_location(qualified, rule.file)
    assert spec is not None  # the file's name ends in .py: the policy's reader saw to it
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[qualified] = module
    setattr(built_in, name, module)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(f"{rule.file}: does not load, {type(error).__name__}: {error}") from error
    module.__dict__["measure"] = _answering(rule.file, module.measure)
    return module


def _answering(file: Path, measure: Callable[..., int]) -> Callable[..., int]:
    """The user's measure, whose faults are said of its file."""

    @functools.wraps(measure)
    def answer(s, c, r, b):
        try:
            found = measure(s, c, r, b)
        except Exception as error:
            raise InputError(f"{file}: measure raises {type(error).__name__}: {error}") from error
        if type(found) is not int or not 0 <= found < 1 << 30:
            raise InputError(f"{file}: measure gives {found!r}; an integer from 0 to 2^30 - 1 is wanted")
        return found

    return answer


def tail_q24(measure: float) -> int:
    """log2 of a tail, Q24, within a unit of Q14: a tail as the device compares it."""
    return log2_q14(round(measure)) << 10 if measure < 2**14 and measure == int(measure) else _log_q24(measure)


def _log_q24(measure: float) -> int:
    return round(math.log2(min(max(measure, 1.0), 2.0**29)) * (1 << 14)) << 10


def _threshold(policy: Policy, module: ModuleType, name: str, channel: int) -> float | None:
    """The policy's threshold of one cell in the measure's unit, or None."""
    rule = policy.rules.get(name)
    if rule is None:
        return None
    if channel < 0:
        return None if rule.threshold is None else rule.threshold * module.ONE
    value = rule.thresholds.get(policy.channels[channel].name)
    if value is None:
        return None
    if module.UNIT == "count":
        return value / policy.channels[channel].resolution * module.ONE
    if module.UNIT == "rate":
        return value / policy.channels[channel].resolution * policy.period_ms / 1000 * module.ONE
    return value * module.ONE


def _cells(policy: Policy) -> tuple[list[str], list[list[int]], list[list]]:
    modules: list[str] = []
    cells: list[list[int]] = []
    columns: list[list] = []
    where: dict[tuple[str, int], int] = {}
    names = [channel.name for channel in policy.channels]
    for column in policy.columns:
        dimension, _, channel = column.partition(".")
        module = dimension_module(policy, dimension)
        if dimension not in modules:
            modules.append(dimension)
        every = list(range(len(names))) if module.SCOPE == "channel" else [-1]
        channels = [names.index(channel)] if channel else every
        for c in channels:
            if (dimension, c) in where:
                continue
            where[dimension, c] = len(cells)
            threshold = _threshold(policy, module, dimension, c)
            mode = MODES[module.TAIL] if threshold is None else layout.FIXED
            tail = tail_q24(module.FLOOR if threshold is None else max(threshold, module.FLOOR))
            cells.append([modules.index(dimension), c, mode, tail])
        columns.append([column, [where[dimension, c] for c in channels]])
    return modules, cells, columns


def _step(policy: Policy) -> tuple[int, int]:
    """(windows between two steps of the reference, the outward step in Q24 widths)."""
    a_window = policy.follow_per_day * policy.hop * policy.period_ms / DAY_MS * (1 << 24)
    if a_window <= 0:
        return 1, 0
    every = min(max(1, math.ceil(SMALLEST_STEP / a_window)), 1 << 20)
    return every, max(1, min(round(a_window * every), 1 << 26))


def make(policy: Policy) -> dict:
    """The plan of a policy; docs/plan.md lists its keys."""
    modules, cells, columns = _cells(policy)
    order = [parent.name for parent in policy.parents]
    status = sorted(policy.status, key=lambda field: _first(policy, field.dimension))
    every, step = _step(policy)
    channels = [channel.name for channel in policy.channels]
    return {
        "format": 1,
        "stream": policy.name,
        "period_ms": policy.period_ms,
        "length": policy.length,
        "hop": policy.hop,
        "channels": [
            {"name": channel.name, "range": list(channel.range_counts), "rails": list(channel.rail_counts)}
            for channel in policy.channels
        ],
        "status": [
            {"name": field.name, "dimension": field.dimension, "min": field.min, "max": field.max} for field in status
        ],
        "modules": modules,
        "cells": cells,
        "columns": columns,
        "parents": [
            {
                "name": parent.name,
                "columns": list(policy.columns_of(parent.name)),
                "children": [order.index(child) for child in parent.children if child in order],
                "classifier": policy.classifiers.index(parent.name) if parent.name in policy.classifiers else -1,
            }
            for parent in policy.parents
        ],
        "table": list(policy.action_table()),
        "actions": [{"name": action.name, "do": list(action.do)} for action in policy.actions],
        "models": [
            {
                "name": model.name,
                "file": f"{model.name}.pack",
                "channel": channels.index(model.channel) if model.channel else 0,
            }
            for model in policy.models
        ],
        "reference": {"windows": policy.reference_windows, "every": every, "step_q24": step},
    }


def _first(policy: Policy, dimension: str) -> int:
    return next(i for i, field in enumerate(policy.status) if field.dimension == dimension)
