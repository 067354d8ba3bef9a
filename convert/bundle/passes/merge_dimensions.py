"""The dimensions in one file: on a board a module costs about 300 bytes of heap beside its code, on 64 bits 500.

A dimension's file that is nothing but its measure (after folding) becomes a function of the package, named as the
dimension: `spike.py`'s ``measure`` is ``dimensions.spike``. One with more in it stays a file of its own; measure.py
finds both.
"""

import ast
from collections.abc import Mapping

PACKAGE = "dimensions/"


def merge_dimensions(sources: Mapping[str, str]) -> dict[str, str]:
    """The folded ``sources`` (by path in the package) with ``dimensions/__init__.py`` in the place of what it takes in.

    >>> spike = "def measure(s, c, r, b):\\n    return s[c]\\n"
    >>> found = merge_dimensions({"dimensions/__init__.py": "", "dimensions/spike.py": spike})
    >>> print(found["dimensions/__init__.py"], end="")
    def spike(s, c, r, b):
        return s[c]
    """
    taken = {}
    for path, text in sources.items():
        name = path.removeprefix(PACKAGE).removesuffix(".py")
        if path.startswith(PACKAGE) and not name.startswith("_"):
            parts = _parts(text, name)
            if parts is not None:
                taken[path] = parts
    imports = sorted({line for lines, _ in taken.values() for line in lines})
    functions = [function for _, function in taken.values() if function]
    left = {path: text for path, text in sources.items() if path not in taken}
    if taken:
        left[f"{PACKAGE}__init__.py"] = "\n\n".join([*imports, *functions])
    return left


def _parts(text: str, name: str) -> tuple[list[str], str] | None:
    """(its imports, its measure as a function of its own name), or None when there is more in the file."""
    imports, function = [], ""
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            for alias in node.names:
                known = alias.asname or alias.name
                bound = name if known == "measure" else known
                if bound == name and known != "measure":
                    return None
                imports.append(f"from .{node.module} import {alias.name} as {bound}\n")
        elif isinstance(node, ast.FunctionDef) and node.name == "measure" and not (function or node.decorator_list):
            # its own lines: ast.unparse puts parentheses around `a, b = c, d`, and MicroPython then makes the tuple
            lines = text.splitlines()[node.lineno - 1 : node.end_lineno]
            function = "\n".join([lines[0].replace("measure", name, 1), *lines[1:]]) + "\n"
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            return None
    return imports, function
