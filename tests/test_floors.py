"""Imports run down the house: motegate and device_sim, convert, train, firmware; and firmware/device imports itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[1]
FLOORS = {"motegate": 4, "device_sim": 4, "convert": 3, "train": 2, "firmware": 1}
ON_A_BOARD = {
    "array", "binascii", "gc", "hashlib", "json", "machine", "micropython", "os", "struct", "sys", "time",
}  # fmt: skip


def sources(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


def runs_on_a_board(path: Path) -> bool:
    """Scripts for the VM, where `motegate` is firmware/device."""
    return path.stem.endswith("_vm") or path.parent.name == "board"


def imported(path: Path) -> Iterator[str]:
    """Each imported module by its full name, as the package calls itself: motegate.train.policy."""
    rooms = path.relative_to(ROOT).with_suffix("").parts
    package = [] if rooms[0] == "motegate" else ["motegate"]
    here = [*package, *rooms[:-1]] if rooms[0] != "motegate" else list(rooms[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            module = [*base, *(node.module.split(".") if node.module else [])]
            yield ".".join(module)
            yield from (".".join([*module, alias.name]) for alias in node.names)


def floor(name: str) -> int | None:
    """The floor that a module of ours lies on; None for anybody else's."""
    parts = name.split(".")
    if parts[0] != "motegate":
        return None
    return FLOORS.get(parts[1], FLOORS["motegate"]) if len(parts) > 1 else FLOORS["motegate"]


@pytest.mark.parametrize("folder", FLOORS)
def test_imports_never_run_up(folder):
    up = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(folder)
        if not runs_on_a_board(path)
        for name in imported(path)
        if name != "motegate" and (floor(name) or 0) > FLOORS[folder]
    ]
    assert not up


def test_device_code_imports_only_itself_and_what_a_board_has():
    package = "motegate.firmware.device"
    foreign = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources("firmware/device")
        for name in imported(path)
        if not name.startswith(package) and name.split(".")[0] not in ON_A_BOARD
    ]
    assert not foreign


def test_tensorflow_is_imported_only_inside_functions_of_train_and_convert():
    found = []
    for folder in FLOORS:
        for path in sources(folder):
            for node in ast.parse(path.read_text()).body:
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                found += [str(path) for name in names if name.split(".")[0] in ("tensorflow", "keras")]
    assert not found
