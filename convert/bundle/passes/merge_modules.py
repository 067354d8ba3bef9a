"""Modules that a single other one imports, laid into its file: on a board a module costs about 300 bytes of heap beside
its code, on 64 bits 500.

What a laid module defines gets a private name in its new place, which minify then shortens; an import under a public
name of its own (a dimension's, `from ._bounds import measure as trust`) keeps that name.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache

from .edits import Edit, edited

INTO = ("dimensions/__init__", "gate", "network", "sensors/replay")
"""The files that take others in. What main and the start import stays apart: it is loaded, or unloaded, in its turn."""


def merge_modules(sources: Mapping[str, str]) -> dict[str, str]:
    """The folded ``sources`` (by path in the package) with each of ``INTO`` in the place of what it takes in: modules
    that nothing else imports, their names or the module itself, at its top level.

    >>> gate = "from .ring import Ring\\nfrom .kernels import scan as kernel\\nx = Ring(kernel.fill)\\n"
    >>> ring = "from .compat import const\\nclass Ring:\\n    pass\\n"
    >>> scan = "from .tables import LOG2\\ndef fill():\\n    return LOG2\\n"
    >>> print(merge_modules({"gate.py": gate, "ring.py": ring, "kernels/scan.py": scan})["gate.py"], end="")
    from .compat import const
    class _ring_Ring:
        pass
    from .kernels.tables import LOG2
    def _scan_fill():
        return LOG2
    x = _ring_Ring(_scan_fill)
    """
    left = dict(sources)
    for into in INTO:
        while (name := _next(left, into)) is not None:
            left[f"{into}.py"] = _laid(left[f"{into}.py"], into, name, left.pop(f"{name}.py"))
    return {path: text for path, text in left.items() if not _emptied(path, sources, left)}


def _emptied(path: str, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """A folder whose modules are all laid elsewhere."""
    folder, _, file = path.rpartition("/")
    if path.removesuffix(".py") in INTO:
        return False
    held, left = ([p for p in paths if p != path and p.startswith(f"{folder}/")] for paths in (before, after))
    return bool(folder) and file == "__init__.py" and bool(held) and not left


def _next(sources: Mapping[str, str], into: str) -> str | None:
    """A module that only ``into`` imports, at its top level."""
    text = sources.get(f"{into}.py", "")
    for node in _froms(text):
        for name in _named(node, into):
            mine = [n for n in _froms(text) if name in _named(n, into)]
            top = all(n.col_offset == 0 for n in mine)
            if f"{name}.py" in sources and top and not _imported_elsewhere(sources, name, into):
                return name
    return None


def _imported_elsewhere(sources: Mapping[str, str], name: str, into: str) -> bool:
    return any(
        name in _named(node, path.removesuffix(".py"))
        for path, text in sources.items()
        if path != f"{into}.py"
        for node in _froms(text)
    )


@lru_cache(4096)
def _froms(text: str) -> tuple[ast.ImportFrom, ...]:
    """Every import from somewhere, wherever it stands: each text is asked for them again and again."""
    return tuple(node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom))


def _named(node: ast.AST, importer: str) -> list[str]:
    """The modules, by their paths in the package, that an import in ``importer`` may name."""
    if not isinstance(node, ast.ImportFrom) or not node.level:
        return []
    folders = importer.split("/")[:-1]
    base = [*folders[: len(folders) - node.level + 1], *(node.module.split(".") if node.module else [])]
    return ["/".join(base), *("/".join([*base, alias.name]) for alias in node.names)]


def _laid(text: str, into: str, name: str, module: str) -> str:
    """``text`` with the module in the place of its imports."""
    leaf = name.rpartition("/")[2].lstrip("_")
    nodes = [n for n in ast.parse(text).body if isinstance(n, ast.ImportFrom) and name in _named(n, into)]
    own = {old: f"_{leaf}_{old.lstrip('_')}" for old in _defined(module)}
    edits: list[Edit] = []
    kept = ""
    for node in nodes:
        if _named(node, into)[0] == name:
            public = [alias for alias in node.names if alias.asname and not alias.asname.startswith("_")]
            kept += "".join(f"{alias.asname} = {own[alias.name]}\n" for alias in public)
            new = {alias.asname or alias.name: own[alias.name] for alias in node.names if alias not in public}
            edits += _names(text, new)
        else:
            (alias,) = node.names
            edits += _attributes(text, alias.asname or alias.name, own)
    at = nodes[0].lineno - 1
    gone = {line for node in nodes for line in range(node.lineno - 1, node.end_lineno or node.lineno)}
    lines = edited(text, edits).splitlines(keepends=True)
    rest = "".join(line for k, line in enumerate(lines) if k not in gone)
    clash = (_defined(rest) | _imports(rest).keys()) & _imports(module).keys()
    clash = {old for old in clash if _imports(rest).get(old) != _placed(_imports(module)[old], name, into)}
    laid = edited(module, [*_names(module, own), *_aliases(module, {old: f"_{leaf}_{old}" for old in clash})])
    laid = _moved(_without_docstring(laid), name, into)
    return "".join([*lines[:at], laid, kept, *(line for k, line in enumerate(lines) if k > at and k not in gone)])


def _defined(text: str) -> set[str]:
    """Top-level names but imported ones."""
    found: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return found


def _imports(text: str) -> dict[str, tuple[int, str, str]]:
    """Top-level names that are imported: from where (level, module) and what."""
    found: dict[str, tuple[int, str, str]] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom):
            found |= {a.asname or a.name: (node.level, node.module or "", a.name) for a in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.asname or a.name: (0, "", a.name) for a in node.names}
    return found


def _placed(where: tuple[int, str, str], name: str, into: str) -> tuple[int, str, str]:
    """The same import as it stands in ``into``."""
    level, module, what = where
    if not level:
        return where
    folders = name.split("/")[:-1]
    target = [*folders[: len(folders) - level + 1], *(module.split(".") if module else [])]
    here = into.split("/")[:-1]
    while here and target[:1] == here[:1]:
        here, target = here[1:], target[1:]
    return len(here) + 1, ".".join(target), what


def _moved(text: str, name: str, into: str) -> str:
    """The relative imports of a module that moves from its folder into another's."""
    edits: list[Edit] = []
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.level:
            level, module, _ = _placed((node.level, node.module or "", ""), name, into)
            row = lines[node.lineno - 1]
            end = row.index(" import ", node.col_offset)
            edits.append((node.lineno, node.col_offset, end, f"from {'.' * level}{module}"))
    return edited(text, edits)


def _names(text: str, new: Mapping[str, str]) -> Iterator[Edit]:
    """Definitions and uses of top-level names; ValueError where a function has one of them for a name of its own."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        local = {node.arg} if isinstance(node, ast.arg) else set()
        if isinstance(node, ast.FunctionDef):
            local = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        if local & new.keys():
            raise ValueError(f"{', '.join(sorted(local & new.keys()))} is a local name, too")
        if isinstance(node, ast.Name) and node.id in new:
            yield node.lineno, node.col_offset, node.col_offset + len(node.id), new[node.id]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in new:
            at = node.col_offset + len("def " if isinstance(node, ast.FunctionDef) else "class ")
            yield node.lineno, at, at + len(node.name), new[node.name]


def _attributes(text: str, owner: str, new: Mapping[str, str]) -> Iterator[Edit]:
    """``owner.name`` becomes the name's own new one."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == owner:
            yield node.lineno, node.col_offset, node.end_col_offset or 0, new[node.attr]


def _aliases(text: str, new: Mapping[str, str]) -> Iterator[Edit]:
    """Imports under another name, and their uses."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.alias) and (node.asname or node.name) in new:
            written = f"{node.name} as {new[node.asname or node.name]}"
            yield node.lineno, node.col_offset, node.end_col_offset or 0, written
    yield from _names(text, new)


def _without_docstring(text: str) -> str:
    first = ast.parse(text).body[:1]
    if first and isinstance(first[0], ast.Expr) and isinstance(first[0].value, ast.Constant):
        return "".join(text.splitlines(keepends=True)[first[0].end_lineno or 1 :])
    return text
