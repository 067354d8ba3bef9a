"""What a policy needs to know of a dimension's file, read from its source without importing device code."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "firmware" / "device" / "dimensions"

SCOPES = ("channel", "window", "status")
TAILS = ("own", "late", "width", "width0", "fixed")
UNITS = ("count", "rate", "slot", "period", "bin", "width", "ratio", "status")


@dataclass(frozen=True)
class Dimension:
    """``scope`` and ``unit`` as in the file (see firmware/device/dimensions)."""

    name: str
    scope: str
    unit: str
    file: Path


class DimensionError(ValueError):
    """What is wrong with a dimension's file and what is allowed."""


def built_in(folder: Path = FOLDER) -> Mapping[str, Dimension]:
    """The dimensions that come with Motegate, by name."""
    return {file.stem: read(file) for file in sorted(folder.glob("[!_]*.py"))}


def read(file: Path) -> Dimension:
    """The dimension in a Python file; DimensionError says what its file lacks."""
    try:
        tree = ast.parse(file.read_bytes())
    except OSError as error:
        raise DimensionError(f"cannot be read ({error.strerror}); a Python file beside the policy is wanted") from None
    except (SyntaxError, ValueError) as error:
        raise DimensionError(f"is no Python ({error})") from None
    except (RecursionError, MemoryError):
        raise DimensionError("is no Python (nested too deeply)") from None
    constants, functions = _top_level(tree)
    for key, allowed in (("SCOPE", SCOPES), ("UNIT", UNITS), ("TAIL", TAILS)):
        if constants.get(key) not in allowed:
            raise DimensionError(f'has no {key} = one of "{", ".join(allowed)}"'.replace(", ", '", "'))
    for key in ("ONE", "FLOOR"):
        value = constants.get(key)
        if type(value) is not int or not 0 < value < 1 << 30:
            raise DimensionError(f"has no {key} = a whole number from 1 to 2**30 - 1")
    if "measure" not in functions:
        raise DimensionError("has no function measure(s, c, r, b)")
    return Dimension(file.stem, str(constants["SCOPE"]), str(constants["UNIT"]), file)


def _top_level(tree: ast.Module) -> tuple[dict[str, object], set[str]]:
    """Literal constants, and the names of functions defined or imported."""
    constants: dict[str, object] = {}
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
