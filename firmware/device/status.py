"""Where the status fields stand among the statistics. Only constructors ask: the board forgets this after the start."""

from .compat import const
from .layout import HEAD, STRIDE

_NO_BOUND = const(1073741823)


def _groups(plan):
    """[(dimension, [field index, ...])]: a dimension's fields stand together, in the plan's order."""
    groups = []
    for index, field in enumerate(plan["status"]):
        if not groups or groups[-1][0] != field["dimension"]:
            groups.append((field["dimension"], []))
        groups[-1][1].append(index)
    return groups


def status_layout(plan):
    """(where each status dimension's block begins, where each field's value stands, size of the statistics).

    A block is the number of fields, then value, low and high of each.
    """
    at = HEAD + len(plan["channels"]) * STRIDE
    blocks, fields = {}, []
    for dimension, indices in _groups(plan):
        blocks[dimension] = at
        fields += [at + 1 + 3 * k for k in range(len(indices))]
        at += 1 + 3 * len(indices)
    return blocks, fields, at


def status_bounds(plan, stats):
    """Writes counts and bounds of the status blocks into ``stats``; values are left alone."""
    _, fields, _ = status_layout(plan)
    bound = plan["status"]
    for (_, indices), first in zip(_groups(plan), _first_fields(plan, fields)):
        stats[first - 1] = len(indices)
        for k, index in enumerate(indices):
            low, high = bound[index]["min"], bound[index]["max"]
            stats[first + 3 * k + 1] = -_NO_BOUND if low is None else low
            stats[first + 3 * k + 2] = _NO_BOUND if high is None else high


def _first_fields(plan, fields):
    at = 0
    for _, indices in _groups(plan):
        yield fields[at]
        at += len(indices)
