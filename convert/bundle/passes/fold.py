"""Constants folded before compiling: what a board need not look up, it need not hold.

MicroPython's compiler folds constants inside a module, not across modules. So the layout's names are written out as the
integers they stand for, ``MICROPYTHON`` as ``True``, and what only the host asks of a dimension or a driver is left
out. Lines stay where they are: a traceback's line numbers are those of the source.
"""

import ast
import io
import tokenize
from collections.abc import Mapping

from motegate.firmware.device import layout

HOST_ONLY: Mapping[str, tuple[str, ...]] = {
    "dimensions": ("SCOPE", "UNIT", "ONE", "FLOOR", "LIMIT", "__all__"),
    "sensors": ("KEYS", "DEFAULTS", "reading"),
}
"""What a file says for the host's sake, by its folder, whose __init__.py explains each."""

_COMPAT = {"micropython": "import micropython"}
"""``const`` is the compiler's own word: no import, no entry in the module's dictionary."""


def fold(source: str, folder: str = "") -> str:
    """The source with constants folded, without what a file of its ``folder`` says for the host only.

    >>> print(fold("from .layout import ABSENT, BACKWARDS\\nx = BACKWARDS + a.BACKWARDS + ABSENT"), end="")
    <BLANKLINE>
    x = 4 + a.BACKWARDS + 1
    """
    values: dict[str, str] = {}
    host_only = HOST_ONLY.get(folder, ())
    lines = source.splitlines()
    for node in ast.parse(source).body:
        replacement = None
        if isinstance(node, ast.ImportFrom) and node.level and node.module == "layout":
            values |= {alias.asname or alias.name: _literal(getattr(layout, alias.name)) for alias in node.names}
            replacement = ""
        elif isinstance(node, ast.ImportFrom) and node.level and node.module == "compat":
            names = [alias.name for alias in node.names]
            replacement = "; ".join(_COMPAT[name] for name in names if name in _COMPAT)
            if "MICROPYTHON" in names:
                values["MICROPYTHON"] = "True"
        elif _defined(node) in host_only:
            replacement = ""
        if replacement is not None:
            end = node.end_lineno or node.lineno
            lines[node.lineno - 1 : end] = [replacement] + [""] * (end - node.lineno)
    return _replace("\n".join(lines) + "\n", values)


def flatten(source: str) -> str:
    """A kernel's source as it stands one folder higher: its relative imports reach a level less far.

    >>> print(flatten("from ..tables import LOG2\\nfrom .value import log2_q14\\n"), end="")
    from .tables import LOG2
    from .value import log2_q14
    """
    lines = source.splitlines(keepends=True)
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and node.level > 1:
            lines[node.lineno - 1] = lines[node.lineno - 1].replace("." * node.level, "." * (node.level - 1), 1)
    return "".join(lines)


def _defined(node: ast.stmt) -> str | None:
    """The name that a function or an assignment gives."""
    if isinstance(node, ast.FunctionDef):
        return node.name
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return next((target.id for target in targets if isinstance(target, ast.Name)), None)


def _literal(value: int) -> str:
    return str(value) if value >= 0 else f"({value})"


def _replace(source: str, values: dict[str, str]) -> str:
    lines = source.splitlines(keepends=True)
    before = ""
    found = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME and token.string in values and before != ".":
            found.append(token)
        before = token.string
    for token in reversed(found):
        row, start, end = token.start[0] - 1, token.start[1], token.end[1]
        lines[row] = lines[row][:start] + values[token.string] + lines[row][end:]
    return "".join(lines)
