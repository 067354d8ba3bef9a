"""The layers and packages of the house: imports run down, in no circle, and through the door of another package."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[1]
LAYERS = {"motegate": 4, "device_sim": 4, "convert": 3, "train": 2, "firmware": 1}
MOST_FILES = 12
FULLER = {"firmware/device/dimensions"}  # a file a dimension
ON_A_BOARD = {
    "array", "binascii", "gc", "hashlib", "json", "machine", "micropython", "os", "select", "struct", "sys", "time",
}  # fmt: skip


def sources(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


def runs_on_a_board(path: Path) -> bool:
    """Scripts for the VM, and the board's main.py, where `motegate` is firmware/device."""
    return path.name == "entry.py" or path.stem.endswith("_vm") or path.parent.name == "board"


def name_of(path: Path) -> str:
    """A module by its full name, as the package calls itself: motegate.train.policy."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return ".".join(parts if parts[0] == "motegate" else ["motegate", *parts])


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def statements(path: Path) -> Iterator[tuple[str, list[str]]]:
    """(module, names) of each import, wherever it stands in the file; ``import x`` has no names."""
    here = name_of(path).split(".")
    here = here if path.name == "__init__.py" else here[:-1]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            module = [*base, *(node.module.split(".") if node.module else [])]
            yield ".".join(module), [alias.name for alias in node.names]


def imported(path: Path) -> Iterator[str]:
    """Each imported module or name by its full name."""
    for module, names in statements(path):
        yield module
        yield from (f"{module}.{name}" for name in names)


def layer(name: str) -> int | None:
    """The layer of a module of ours; None for anybody else's."""
    parts = name.split(".")
    if parts[0] != "motegate":
        return None
    return LAYERS.get(parts[1], LAYERS["motegate"]) if len(parts) > 1 else LAYERS["motegate"]


def host_files() -> list[Path]:
    """Every file of ours that runs on a host."""
    device = ROOT / "firmware" / "device"
    found = [path for folder in LAYERS for path in sources(folder) if not runs_on_a_board(path)]
    return [path for path in found if not path.is_relative_to(device)]


@pytest.mark.parametrize("folder", LAYERS)
def test_imports_never_run_up(folder):
    up = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(folder)
        if not runs_on_a_board(path)
        for name in imported(path)
        if name != "motegate" and (layer(name) or 0) > LAYERS[folder]
    ]
    assert not up


def test_no_import_comes_back_to_where_it_began():
    """Imports inside functions count too; a package's door stands for what it imports."""
    files = {name_of(path): path for folder in LAYERS for path in sources(folder) if not runs_on_a_board(path)}
    edges = {
        name: {
            f"{module}.{imported}" if f"{module}.{imported}" in files else module
            for module, names in statements(path)
            for imported in names or [""]
        }
        & files.keys() - {name}
        for name, path in files.items()
    }
    done: set[str] = set()

    def circle(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name not in done:
            for target in sorted(edges[name]):
                if found := circle(target, [*way, name]):
                    return found
            done.add(name)
        return []

    assert not [" -> ".join(found) for name in files if (found := circle(name, []))]


def test_a_package_is_entered_by_its_door():
    doors = {name_of(path) for path in host_files() if path.name == "__init__.py" and tree_of(path).body[1:]}
    doors -= {"motegate"}
    past = []
    for path in host_files():
        for module, names in statements(path):
            door = next((door for door in doors if module == door or module.startswith(f"{door}.")), None)
            if door is None or name_of(path) == door or name_of(path).startswith(f"{door}."):
                continue
            if module != door:
                past.append(f"{path.relative_to(ROOT)} imports {module}: {', '.join(names)}")
            else:
                offered = {n for _, found in statements(file_of(module)) for n in found} | defined(file_of(module))
                past += [
                    f"{path.relative_to(ROOT)}: {module} offers no {name}" for name in names if name not in offered
                ]
    assert not past


def file_of(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")[1:], "__init__.py")


def defined(path: Path) -> set[str]:
    """What a file defines at its top level."""
    found = {node.name for node in tree_of(path).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    targets = [node for node in tree_of(path).body if isinstance(node, ast.Assign | ast.AnnAssign)]
    return found | {n.id for node in targets for n in ast.walk(node) if isinstance(n, ast.Name)}


def test_no_package_has_more_files_than_one_reads_at_a_glance():
    folders = {path.parent for folder in LAYERS for path in sources(folder)}
    counted = {str(folder.relative_to(ROOT)): len(list(folder.glob("*.py"))) for folder in folders}
    assert {name: n for name, n in counted.items() if n > MOST_FILES and name not in FULLER} == {}


def test_device_code_imports_only_itself_and_what_a_board_has():
    package = "motegate.firmware.device"
    foreign = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources("firmware/device")
        for name in imported(path)
        if not (path.name == "entry.py" and name.startswith(("motegate.main", "motegate.sleep")))  # the board's name
        if not name.startswith(package) and name.split(".")[0] not in ON_A_BOARD
    ]
    assert not foreign


def test_tensorflow_is_imported_only_inside_functions_of_train_and_convert():
    found = []
    for folder in LAYERS:
        for path in sources(folder):
            for node in tree_of(path).body:
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                found += [str(path) for name in names if name.split(".")[0] in ("tensorflow", "keras")]
    assert not found


def test_a_wheel_holds_every_package():
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    folders = [ROOT / folder for folder in (*LAYERS, "examples")]
    made = {path.parent.relative_to(ROOT) for folder in folders for path in folder.rglob("__init__.py")}
    named = {"motegate" if path == Path("motegate") else ".".join(("motegate", *path.parts)) for path in made}
    assert listed == named
