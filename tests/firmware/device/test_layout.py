"""No position in a layout's array is a bare number: layout.py names them all, once."""

import ast
import hashlib
import re
from pathlib import Path

import pytest
from motegate.convert.bundle.passes import fold
from motegate.firmware.device import layout

pytestmark = pytest.mark.unit

DEVICE = Path(layout.__file__).parent
HOST = DEVICE.parents[1] / "train"
LAID_OUT = {
    "stats", "state", "reference", "references", "ref", "program", "mapping", "bounds", "carry", "cells", "job", "j",
    "a", "array", "arrays", "_arrays", "_job", "_state", "_scaling", "_carry", "_cells", "_head", "out", "block",
}  # fmt: skip
"""What the arrays of layout.py are called."""
NOT_LAID_OUT = {("kernels/viper/frame.py", "out")}  # the text buffer


def sources() -> dict[str, str]:
    found = {str(path.relative_to(DEVICE)): path.read_text() for path in sorted(DEVICE.rglob("*.py"))}
    host = [*(HOST / "host").glob("*.py"), HOST / "faults" / "severity_scale.py"]
    return found | {f"train/{path.relative_to(HOST)}": path.read_text() for path in host}


def name_of(node: ast.expr) -> str:
    """`stats` of `self.scan.stats[...]` and of `stats[rows][...]`."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def bare(index: ast.expr) -> bool:
    """A number that says where: anywhere in an index, but as a factor or in `LAST - 1`, and not an axis of its own."""
    if isinstance(index, ast.Tuple):
        return any(bare(item) for item in index.elts)
    if isinstance(index, ast.Slice):
        return any(bare(part) for part in (index.lower, index.upper) if part is not None)
    if isinstance(index, ast.BinOp):
        ends = [index.left] if isinstance(index.op, ast.Sub | ast.Mult) else [index.left, index.right]
        return any(bare(end) for end in ends)
    return isinstance(index, ast.Constant) and type(index.value) is int


def bare_positions(name: str, source: str) -> list[str]:
    return [
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Subscript)
        and (name, name_of(node)) not in NOT_LAID_OUT
        and name_of(node) in LAID_OUT
        and bare(node.slice)
    ]


def test_no_number_indexes_a_layouts_array():
    assert {"window/scan.py", "kernels/plain/scan.py", "kernels/viper/ring.py", "train/host/scan.py"} <= set(sources())
    found = [line for name, source in sources().items() for line in bare_positions(name, source)]
    assert not found


@pytest.mark.parametrize(
    "line", ["stats[sat + 22] = 1", "x = a[at + 5]", "self._state[14] = 0", "job[3] = 16", "y = stats[:, 8 + c]"]
)
def test_a_bare_number_is_seen(line):
    assert bare_positions("here.py", line)


@pytest.mark.parametrize("line", ["stats[sat + RUN] = 1", "a[at + SHARES + BIN_COUNT - 1] = 0", "job[FRAME_POS] = 3"])
def test_a_name_is_none(line):
    assert not bare_positions("here.py", line)


def test_no_position_is_named_a_second_time():
    """Nobody keeps a `const` of his own under a name that the layout has."""
    names = {name for name in vars(layout) if name.isupper()}
    found = [
        f"{path}: {name}"
        for path, source in sources().items()
        if path != "layout.py"
        for name in re.findall(r"^_?([A-Z_0-9]+) = const\(", source, re.MULTILINE)
        if name in names
    ]
    assert not found


def test_kernels_of_every_target_have_the_same_files_and_functions():
    def public(folder: str) -> dict[str, set[str]]:
        return {
            path.name: {
                node.name
                for node in ast.parse(path.read_text()).body
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
            }
            for path in (DEVICE / "kernels" / folder).glob("*.py")
        }

    plain, viper = public("plain"), public("viper")
    assert plain.keys() == viper.keys()
    for name, functions in viper.items():
        assert functions <= plain[name], name


def test_a_viper_kernel_holds_numbers_once_the_build_has_folded_it():
    for path in (DEVICE / "kernels" / "viper").glob("*.py"):
        folded = fold(path.read_text())
        assert "layout" not in folded
        names = {node.id for node in ast.walk(ast.parse(folded)) if isinstance(node, ast.Name)}
        assert not names & {name for name in vars(layout) if name.isupper()}


def test_a_change_of_the_references_layout_takes_another_version():
    """Who changes the reference's layout changes LAYOUT_VERSION, and says here what belongs to it."""
    source = (DEVICE / "layout.py").read_text()
    part = source[source.index("# Reference: int32") : source.index("# How a cell's or a column's limits are kept")]
    names = [name for name in re.findall(r"^([A-Z_0-9]+) = const", part, re.MULTILINE) if name != "LAYOUT_VERSION"]
    laid = ",".join(f"{name}={getattr(layout, name)}" for name in sorted(names))
    assert (layout.LAYOUT_VERSION, hashlib.sha256(laid.encode()).hexdigest()[:12]) == (4, "dfb1d5d76f55")
