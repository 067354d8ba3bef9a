"""The condition of an action: `and`, `or`, `not` and parentheses over the names of parents."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..table import quoted

LONGEST = 500
ALLOWED = "names of parents joined by and, or, not and parentheses are"


class ExpressionError(ValueError):
    """What is wrong with a condition and what is allowed, without its place in the policy."""


@dataclass(frozen=True)
class Expression:
    """A parsed condition.

    >>> clean = parse("intrinsic and not contextual")
    >>> clean.holds({"intrinsic": True, "contextual": False})
    True
    >>> clean.names
    ('intrinsic', 'contextual')
    """

    text: str
    tree: ast.expr

    @property
    def names(self) -> tuple[str, ...]:
        """The parents it speaks of, in order of appearance."""
        return tuple(dict.fromkeys(_names(self.tree)))

    def holds(self, passed: Mapping[str, bool]) -> bool:
        """Whether it is true where ``passed`` says of each parent if it passed."""
        return _holds(self.tree, passed)


def parse(text: str) -> Expression:
    """The condition in ``text``; ExpressionError says where it stops being one."""
    if len(text) > LONGEST:
        raise ExpressionError(f"has {len(text)} characters; at most {LONGEST}")
    # Over several lines it is still one expression, and leading space is no indentation
    line = text.translate({ord(c): " " for c in "\t\r\n\f"})
    indent = len(line) - len(line.lstrip())
    try:
        if "#" in line:
            raise ValueError("a comment would hide what follows it")
        tree = ast.parse(line[indent:], mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(f"{quoted(text)} is no condition; {ALLOWED}") from None
    for part in _parts(tree):
        if not isinstance(part, ast.BoolOp | ast.Name) and not _is_not(part):
            written = ast.get_source_segment(line[indent:], part) or text
            column = part.col_offset + indent + 1
            raise ExpressionError(f"{quoted(written)} at column {column} of {quoted(text)} is not allowed; {ALLOWED}")
    return Expression(text, tree)


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _children(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [node.operand]
    return []


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    """Every node, down to what is not allowed."""
    yield node
    for child in _children(node):
        yield from _parts(child)


def _names(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    for child in _children(node):
        yield from _names(child)


def _holds(node: ast.expr, passed: Mapping[str, bool]) -> bool:
    if isinstance(node, ast.Name):
        return passed[node.id]
    if isinstance(node, ast.BoolOp):
        join = all if isinstance(node.op, ast.And) else any
        return join(_holds(child, passed) for child in node.values)
    return not _holds(_children(node)[0], passed)
