"""The condition of an action: `and`, `or`, `not` and parentheses over the names of parents."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LONGEST = 500


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
    try:
        # In parentheses a condition may run over several lines, and leading space is no indentation.
        tree = ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(f'"{text}" is no condition; {ALLOWED}') from None
    for part, place in _parts(tree):
        if not isinstance(part, ast.BoolOp | ast.Name) and not _is_not(part):
            written = ast.get_source_segment(f"({text}\n)", part) or text
            raise ExpressionError(f'"{written}" at column {place} of "{text}" is not allowed; {ALLOWED}')
    return Expression(text, tree)


ALLOWED = "names of parents joined by and, or, not and parentheses are"


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _children(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [node.operand]
    return []


def _parts(node: ast.expr) -> Iterator[tuple[ast.expr, int]]:
    """Every node down to what is not allowed, with its column counted from 1."""
    yield node, node.col_offset if node.lineno == 1 else node.col_offset + 1
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
