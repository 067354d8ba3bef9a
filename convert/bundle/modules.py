"""Which device modules a bundle needs, and their sources as a board gets them: constants folded, kernels chosen."""

import ast
import atexit
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from motegate.firmware import device
from motegate.train.policy import Plan

from .passes import flatten, fold

DEVICE = Path(device.__file__).parent
DIMENSIONS, KERNELS = "dimensions", "kernels"
TARGETS = tuple(sorted(path.parent.name for path in (DEVICE / KERNELS).glob("*/__init__.py")))
"""The folders of kernels/."""


def target(arch: str) -> str:
    """The kernels for an architecture of mpy-cross; what runs bytecode alone gets the plain ones."""
    return "plain" if arch == "bytecode" else "viper"


def needed(
    plan: Plan,
    drivers: Iterable[str],
    own: Mapping[str, Path] | None = None,
    kernels: str = "viper",
    asleep: Iterable[str] = (),
) -> dict[str, str]:
    """Sources by their path in the package (``kernels/scan.py``): what main imports on MicroPython, the plan's
    dimensions, the drivers.

    ``own``: the user's dimensions by name; they take their place beside the device's. ``kernels``: a folder of
    kernels/, whose files stand in the package without it. ``asleep``: of sleep/, what the board's way to wait takes.
    """
    own = own or {}
    found: dict[str, str] = {"__init__.py": _source("__init__", kernels)}
    open_ = ["main", "judging/rule", "boot/self_test"]
    open_ += [f"line/{name}" for name in ("line", "receiver", "commands", "mac")]
    open_ += [f"{DIMENSIONS}/{name}" for name in plan.dimensions]
    open_ += [f"sensors/{name}" for name in drivers]
    open_ += asleep
    if plan.stores():
        open_.append("keeping/store")
    if plan.has_regimes():
        open_ += ["reference/regimes", "reference/prototypes", "reference/roster"]
    if plan.drift_alarms:
        open_ += ["drift/watch", "drift/trends"]
    if plan.adapt:
        open_.append("adaptation/cycle")
    while open_:
        name = open_.pop()
        if f"{name}.py" in found:
            continue
        folder, _, leaf = name.rpartition("/")
        mine = folder == DIMENSIONS and leaf in own
        text = fold(own[leaf].read_text(), DIMENSIONS) if mine else _source(name, kernels)
        found[f"{name}.py"] = text
        if folder:
            open_.append(f"{folder}/__init__")
        open_ += imports(text, folder)
    return found


def _source(name: str, kernels: str) -> str:
    """A device module's source, folded; a kernel is its target's file, laid into kernels/ itself."""
    folder, _, leaf = name.rpartition("/")
    chosen = DEVICE / KERNELS / kernels / f"{leaf}.py"
    if folder == KERNELS and chosen.exists():
        return flatten(fold(chosen.read_text()))
    return fold((DEVICE / f"{name}.py").read_text(), folder)


def imports(source: str, folder: str) -> Iterator[str]:
    """The package's modules that a file in ``folder`` imports on MicroPython, at its top level and in its functions.

    What is loaded by a name that only the plan knows (a dimension, a driver, the store, regimes) is named by the
    caller.

    >>> list(imports("from .compat import const\\nfrom .kernels import scan as kernel", ""))
    ['compat', 'kernels/scan']
    """
    for node in _run(ast.parse(source).body):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = folder if node.level == 1 else ""
        at = "/".join(part for part in (base, *(node.module or "").split(".")) if part)
        if not (DEVICE / at).is_dir():
            yield at
            continue
        for alias in node.names:
            name = "/".join(part for part in (at, alias.name) if part)
            yield name if _is_module(name) else f"{at}/__init__"


def _is_module(name: str) -> bool:
    folder, _, leaf = name.rpartition("/")
    places = [DEVICE / KERNELS / kernels for kernels in TARGETS] if folder == KERNELS else []
    return any((place / f"{leaf}.py").exists() for place in [*places, DEVICE / folder]) or (DEVICE / name).is_dir()


def _run(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that MicroPython can reach: of `if MICROPYTHON` only the body."""
    for node in body:
        if isinstance(node, ast.If):
            test = ast.unparse(node.test)
            here = test in ("MICROPYTHON", "True") or "'micropython'" in test  # folded or not
            yield from _run(node.body)
            if not here:
                yield from _run(node.orelse)
        elif isinstance(node, ast.Try):
            handlers = [line for handler in node.handlers for line in handler.body]
            yield from _run([*node.body, *handlers, *node.orelse, *node.finalbody])
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.For | ast.While | ast.With):
            yield from _run(node.body)
        else:
            yield node


@cache
def device_tree(kernels: str = "viper") -> Path:
    """A folder for the VM's path in which ``motegate`` is the whole device package as a board has it, uncompiled.

    One for the life of this process; removed at its end.
    """
    folder = Path(tempfile.mkdtemp(prefix="motegate-lib-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    skipped = {DEVICE / KERNELS / name for name in TARGETS}
    names = [path.relative_to(DEVICE).with_suffix("") for path in DEVICE.rglob("*.py") if path.parent not in skipped]
    names += [Path(KERNELS, path.stem) for path in (DEVICE / KERNELS / kernels).glob("*.py")]
    for name in names:
        file = folder / "motegate" / name.with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_source(name.as_posix(), kernels))
    return folder
