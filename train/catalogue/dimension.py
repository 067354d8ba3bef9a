"""A dimension's file, read: what policy, plan and faults need to know of it, and its measure.

The constants are read from the source without running it. Only ``install`` and ``measure`` run a user's file.
"""

import ast
import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from motegate.firmware.device import dimensions as package
from motegate.firmware.device import layout
from motegate.firmware.errors import InputError

FOLDER = Path(__file__).resolve().parents[2] / "firmware" / "device" / "dimensions"

SCOPES = ("channel", "window", "status")
LIMITS = ("own", "late", "width", "regime", "width0", "fixed")
PARTS = {
    "BINS": layout.READ_BINS,
    "RATE_MAX": layout.READ_RATE,
    "SPIKE_N": layout.READ_SPIKE,
    "SPIKE_SUM": layout.READ_SPIKE,
    "SPIKE_MAX": layout.READ_SPIKE,
    "DISTINCT": layout.READ_DISTINCT,
    "DX_BITS": layout.READ_BITS,
    "PAIR_N": layout.READ_PAIR,
    "RESIDUAL_SUM": layout.READ_PAIR,
}
"""The part of a scan that a statistic belongs to; those that are not named are always there."""
UNITS = ("count", "rate", "slot", "period", "bin", "radius", "ratio", "status")

Measure = Callable[..., int]
"""``measure(stats, at, reference, base)``, see firmware/device/dimensions."""


@dataclass(frozen=True)
class Dimension:
    """``scope``, ``unit``, ``one``, ``floor`` and ``limit`` as in the file (see firmware/device/dimensions).

    ``reads``: the parts of a scan that it asks for, by the names that it takes from layout.py.
    A user's own has ``own`` set, and may read everything; one whose file could not be read has an empty ``scope``.
    """

    name: str
    file: Path
    own: bool = False
    scope: str = ""
    unit: str = ""
    one: int = 1
    floor: int = 1
    limit: str = ""
    reads: int = layout.READ_ALL

    def measure(self) -> Measure:
        """The function that measures it; the user's own raises InputError where it does not do what it must."""
        return self.install().measure

    def install(self) -> ModuleType:
        """The module of the file; a user's own is put among the device's dimensions, where the device's code finds it.

        InputError, here or when it measures: the user's own does not load, or gives what no measure may be.
        """
        qualified = f"{package.__name__}.{self.name}"
        if not self.own:
            return importlib.import_module(qualified)
        spec = importlib.util.spec_from_file_location(qualified, self.file)
        assert spec is not None  # the file's name ends in .py: the policy's reader saw to it
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[qualified] = module
        setattr(package, self.name, module)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise InputError(f"{self.file}: does not load, {type(error).__name__}: {error}") from error
        module.__dict__["measure"] = _answering(self.file, module.measure)
        return module


def _answering(file: Path, measure: Measure) -> Measure:
    """The user's measure, whose faults are said of its file."""

    @functools.wraps(measure)
    def answer(stats, at, reference, base):
        try:
            found = measure(stats, at, reference, base)
        except Exception as error:
            raise InputError(f"{file}: measure raises {type(error).__name__}: {error}") from error
        if type(found) is not int or not 0 <= found < 1 << 30:
            raise InputError(f"{file}: measure gives {found!r}; expected an integer from 0 to 2^30 - 1")
        return found

    return answer


class DimensionError(ValueError):
    """What is wrong with a dimension's file and what is allowed."""


@functools.cache
def built_in(folder: Path = FOLDER) -> Mapping[str, Dimension]:
    """The bundled dimensions, by name."""
    return {file.stem: read(file) for file in sorted(folder.glob("[!_]*.py"))}


def read(file: Path, own: bool = False) -> Dimension:
    """The dimension in a Python file; DimensionError says what its file lacks."""
    try:
        tree = ast.parse(file.read_bytes())
    except OSError as error:
        raise DimensionError(f"cannot be read ({error.strerror}); expected a Python file beside the policy") from None
    except (SyntaxError, ValueError) as error:
        raise DimensionError(f"is no Python ({error})") from None
    except (RecursionError, MemoryError):
        raise DimensionError("is no Python (nested too deeply)") from None
    constants, functions = _top_level(tree)
    for key, allowed in (("SCOPE", SCOPES), ("UNIT", UNITS), ("LIMIT", LIMITS)):
        if constants.get(key) not in allowed:
            raise DimensionError(f'has no {key} = one of "{", ".join(allowed)}"'.replace(", ", '", "'))
    for key in ("ONE", "FLOOR"):
        value = constants.get(key)
        if type(value) is not int or not 0 < value < 1 << 30:
            raise DimensionError(f"has no {key} = a whole number from 1 to 2**30 - 1")
    if "measure" not in functions:
        raise DimensionError("has no function measure(stats, at, reference, base)")
    found = {key.lower(): constants[key] for key in ("SCOPE", "UNIT", "ONE", "FLOOR", "LIMIT")}
    reads = layout.READ_ALL if own else sum({part for name, part in PARTS.items() if name in functions})
    return Dimension(file.stem, file, own, **found, reads=reads)


def _top_level(tree: ast.Module) -> tuple[dict[str, Any], set[str]]:
    """Literal constants, and the names of what is defined as a function or imported."""
    constants: dict[str, Any] = {}
    functions: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            constants[node.targets[0].id] = _literal(node.value)
        elif isinstance(node, ast.FunctionDef):
            functions.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            functions.update(alias.asname or alias.name for alias in node.names)
    return constants, functions


def _literal(node: ast.expr) -> object:
    """The value of a literal, ``const(literal)`` included; None for anything else."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "const" and node.args:
        node = node.args[0]
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return None
