"""Which device modules a bundle needs: what main imports on MicroPython, the plan's dimensions, the drivers."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from motegate.firmware import device
from motegate.train.plan import Plan

from .fold import fold

DEVICE = Path(device.__file__).parent

STAGES = ("hello", "start", "network", "pack", "gate", "status", "actions", "commissioning")
"""What main loads when its stage has come."""


def needed(plan: Plan, drivers: Iterable[str], own: Mapping[str, Path] | None = None) -> dict[str, Path]:
    """Source files by their path in the package (``kernels/scan_viper.py``).

    ``own``: the user's dimensions by name; they take their place beside the device's.
    """
    own = own or {}
    found: dict[str, Path] = {"__init__.py": DEVICE / "__init__.py"}
    open_ = ["main", *STAGES]
    open_ += [f"dimensions/{name}" for name in plan.dimensions]
    open_ += [f"sensors/{name}" for name in drivers]
    if plan.stores():
        open_.append("store")
    while open_:
        name = open_.pop()
        folder, _, leaf = name.rpartition("/")
        source = own[leaf] if folder == "dimensions" and leaf in own else DEVICE / f"{name}.py"
        if f"{name}.py" in found:
            continue
        found[f"{name}.py"] = source
        if folder:
            found[f"{folder}/__init__.py"] = DEVICE / folder / "__init__.py"
        open_ += imports(fold(source.read_text()), folder)
    return found


def imports(source: str, folder: str) -> Iterator[str]:
    """The package's modules that a file in ``folder`` imports when MicroPython runs its top level.

    What stands inside a function is loaded when it is wanted, and named by the caller.

    >>> list(imports("from .compat import const\\nfrom .kernels import scan_viper as kernel", ""))
    ['compat', 'kernels/scan_viper']
    """
    for node in _run(ast.parse(source).body):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = folder if node.level == 1 else ""
        target = "/".join(part for part in (base, *(node.module or "").split(".")) if part)
        if (DEVICE / target).is_dir():
            yield from ("/".join(part for part in (target, alias.name) if part) for alias in node.names)
        else:
            yield target


def _run(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that MicroPython reaches: of `if MICROPYTHON` only the body."""
    for node in body:
        if isinstance(node, ast.If):
            test = ast.unparse(node.test)
            here = test in ("MICROPYTHON", "True") or "'micropython'" in test  # folded or not
            yield from _run(node.body)
            if not here:
                yield from _run(node.orelse)
        elif isinstance(node, ast.Try):
            yield from _run([*node.body, *(line for handler in node.handlers for line in handler.body)])
        else:
            yield node
