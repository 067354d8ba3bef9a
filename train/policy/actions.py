"""Do the actions cover every verdict vector, and can each of them match."""

from collections.abc import Sequence

from ..table import Table, nearest, quoted
from .expression import Expression, ExpressionError, parse
from .form import Policy


def check_actions(top: Table, tables: Sequence[Table], policy: Policy, sound: bool) -> None:
    """Notes every fault of the conditions; what they cover only where the graph is ``sound``."""
    whens: list[Expression | None] = []
    parents = [parent.name for parent in policy.parents]
    for at, action in zip(tables, policy.actions, strict=True):
        if at.has("when") and action.when is None:
            sound = False  # not text: noted where it was read
        try:
            when = parse(action.when) if action.when is not None else None
        except ExpressionError as error:
            at.note(str(error), "when")
            sound = False
            continue
        for name in when.names if when else ():
            if name not in parents:
                at.note(f"{quoted(name)} is no parent; {nearest(name, parents)}", "when")
                sound = False
        whens.append(when)
    if sound and whens and policy.classifiers:
        _check_cover(top, tables, policy, whens)


def _check_cover(top: Table, tables: Sequence[Table], policy: Policy, whens: Sequence[Expression | None]) -> None:
    vectors = range(1 << len(policy.classifiers))
    passed = policy.passed()
    left = set(vectors)
    taken: dict[int, str] = {}
    for at, action, when in zip(tables, policy.actions, whens, strict=True):
        matches = {vector for vector in vectors if when is None or when.holds(passed[vector])}
        if not matches:
            at.note(
                f"{quoted(action.name)} can never match: {quoted(action.when or '')} is true for no verdicts",
                "when",
            )
        elif not matches & left:
            names = [a.name for a in policy.actions]
            before = sorted({taken[vector] for vector in matches}, key=names.index)
            at.note(
                f"{quoted(action.name)} can never match: {_and(before)} before it take all its verdicts",
                "when",
            )
        for vector in matches & left:
            taken[vector] = action.name
        left -= matches
    if left:
        vector = max(left)
        verdicts = ", ".join(
            f"{name} {'passes' if vector >> i & 1 else 'fails'}" for i, name in enumerate(policy.classifiers)
        )
        more = f" ({len(left) - 1} more such)" if len(left) > 1 else ""
        top.note(f"none is for: {verdicts}{more}; end with an action that has no when", "actions")


def _and(names: Sequence[str]) -> str:
    return " and ".join(quoted(name) for name in names)
