"""Names that nobody outside can see, shortened to a few shared ones: a board interns every distinct name in its heap.

Three kinds: the private attributes and methods of a class (``self._effects``), a file's private functions and values
(``_open``), and parameters that no call names by keyword. Lines, files, public names and whatever is reached in another
way stay what they are.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from string import ascii_lowercase

from .edits import edited

Rename = tuple[int, int, str, str]
"""Line, column in bytes, the old name, the new one."""


def minify(sources: Mapping[str, str]) -> dict[str, str]:
    """Device sources by path, folded, with their hidden names shortened.

    >>> text = "class A:\\n    def _put(self, value):\\n        self._last = value\\n"
    >>> print(minify({"a.py": text})["a.py"], end="")
    class A:
        def _a(self, a):
            self._b = a
    """
    trees = {path: ast.parse(text) for path, text in sources.items()}
    kept = {keyword.arg for tree in trees.values() for keyword in _all(tree, ast.keyword)}
    reached = {
        node.attr
        for tree in trees.values()
        for node in _all(tree, ast.Attribute)
        if not (isinstance(node.value, ast.Name) and node.value.id == "self")
    }
    imported = {alias.name for tree in trees.values() for alias in _all(tree, ast.alias)}
    minified = {}
    for path, text in sources.items():
        names = _globals(trees[path], reached | imported)
        for node in trees[path].body:
            if isinstance(node, ast.ClassDef) and not node.bases:
                names += _privates(node, reached)
            methods = node.body if isinstance(node, ast.ClassDef) else [node]
            for function in methods:
                if isinstance(function, ast.FunctionDef):
                    names += _parameters(function, kept)
        minified[path] = edited(text, [(line, at, at + len(old.encode()), new) for line, at, old, new in names])
    return minified


def _all(tree: ast.AST, kind: type) -> Iterator:
    return (node for node in ast.walk(tree) if isinstance(node, kind))


def _names(prefix: str, taken: Iterable[str]) -> Iterator[str]:
    taken = set(taken)
    for length in count(1):
        for k in range(26**length):
            name = prefix + "".join(ascii_lowercase[k // 26**i % 26] for i in reversed(range(length)))
            if name not in taken:
                yield name


def _private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _privates(owner: ast.ClassDef, reached: set[str]) -> list[Rename]:
    """``self._x`` and ``def _x`` of a class, unless somebody reaches for a ``_x`` of something else."""
    places = [
        (node.end_lineno, node.end_col_offset - len(node.attr), node.attr)
        for node in _all(owner, ast.Attribute)
        if isinstance(node.value, ast.Name) and node.value.id == "self"
    ]
    places += [(f.lineno, f.col_offset + len("def "), f.name) for f in owner.body if isinstance(f, ast.FunctionDef)]
    places = sorted(place for place in places if _private(place[2]) and place[2] not in reached)
    new = _names("_", reached)
    short = {name: next(new) for name in dict.fromkeys(name for _, _, name in places)}
    return [(line, column, name, short[name]) for line, column, name in places]


def _globals(module: ast.Module, reached: set[str]) -> list[Rename]:
    """``def _x``, ``class _X``, ``_x = ...`` and imports as ``_x`` of a file; a ``const`` is the compiler's."""
    places = [(f.lineno, f.col_offset + len("def "), f.name) for f in module.body if isinstance(f, ast.FunctionDef)]
    places += [(c.lineno, c.col_offset + len("class "), c.name) for c in module.body if isinstance(c, ast.ClassDef)]
    for node in module.body:
        if isinstance(node, ast.ImportFrom):
            places += [
                (a.lineno, (a.end_col_offset or 0) - len(a.asname), a.asname)
                for a in node.names
                if a.asname is not None
            ]
        if isinstance(node, ast.Assign) and not ast.unparse(node.value).startswith("const("):
            places += [(n.lineno, n.col_offset, n.id) for n in node.targets if isinstance(n, ast.Name)]
    defined = sorted(place for place in places if _private(place[2]) and place[2] not in reached)
    used = {name.id for name in _all(module, ast.Name)}
    new = _names("_", used)
    short = {name: next(new) for name in dict.fromkeys(name for _, _, name in defined)}
    defined += [(n.lineno, n.col_offset, n.id) for n in _all(module, ast.Name) if n.id in short]
    return [(line, column, name, short[name]) for line, column, name in dict.fromkeys(defined)]


def _parameters(function: ast.FunctionDef, kept: set[str]) -> list[Rename]:
    """Positional parameters without a default, wherever the function's own text has them."""
    positional = function.args.args[: len(function.args.args) - len(function.args.defaults)]
    old = [a.arg for a in positional if a.arg != "self" and a.arg not in kept]
    used = {name.id for name in _all(function, ast.Name)} | {a.arg for a in _all(function, ast.arg)}
    # a letter that is the function's own parameter already may be taken over by another
    new = _names("", used - set(old))
    short = {name: next(new) for name in old}
    places = [(n.lineno, n.col_offset, n.id) for n in _all(function, ast.Name) if n.id in short]
    places += [(n.lineno, n.col_offset, n.arg) for n in _all(function, ast.arg) if n.arg in short]
    return [(line, column, name, short[name]) for line, column, name in places]
