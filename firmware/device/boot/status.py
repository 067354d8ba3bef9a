"""Where the status fields stand among the statistics. Only constructors ask."""

from ..compat import const
from ..layout import FIELD_COUNT, FIELD_HIGH, FIELD_LOW, FIELD_STRIDE, FIELD_VALUE, FIELDS, HEAD, STRIDE

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

    A block is the number of fields, then each field (layout.py).
    """
    at = HEAD + len(plan["channels"]) * STRIDE
    blocks, fields = {}, []
    for dimension, indices in _groups(plan):
        blocks[dimension] = at
        first = at + FIELDS
        fields += [first + FIELD_STRIDE * k + FIELD_VALUE for k in range(len(indices))]
        at = first + FIELD_STRIDE * len(indices)
    return blocks, fields, at


def status_bounds(plan, stats):
    """Writes counts and bounds of the status blocks into ``stats``; values are left alone."""
    blocks, _, _ = status_layout(plan)
    bound = plan["status"]
    for dimension, indices in _groups(plan):
        stats[blocks[dimension] + FIELD_COUNT] = len(indices)
        at = blocks[dimension] + FIELDS
        for index in indices:
            low, high = bound[index]["min"], bound[index]["max"]
            stats[at + FIELD_LOW] = -_NO_BOUND if low is None else low
            stats[at + FIELD_HIGH] = _NO_BOUND if high is None else high
            at += FIELD_STRIDE
