"""Modules laid into the one that imports them: the same program in fewer files."""

import ast
from dataclasses import replace

import pytest
from motegate.convert.bundle.modules import needed
from motegate.convert.bundle.passes import merge_dimensions, merge_modules
from motegate.train.policy.plan import Action, Cell

from tests.firmware import streams

pytestmark = pytest.mark.unit

PLAN = replace(streams.plan(), cells=(Cell("spike", 0, 0, 0),), actions=(Action("keep", ("store",)),))
GATE = "from .ring import Ring\n\nx = Ring\n"
RING = "class Ring:\n    pass\n"


def test_a_module_that_two_import_stays():
    sources = {"gate.py": GATE, "ring.py": RING, "store.py": "def f():\n    from .ring import Ring\n    return Ring\n"}
    assert merge_modules(sources) == sources


def test_a_module_that_is_imported_inside_a_function_stays():
    sources = {"gate.py": "def f():\n    from .ring import Ring\n    return Ring\n", "ring.py": RING}
    assert merge_modules(sources) == sources


def test_a_name_that_a_function_has_for_its_own_is_refused():
    sources = {"gate.py": "from .ring import Ring\n\ndef f(Ring):\n    return Ring\n", "ring.py": RING}
    with pytest.raises(ValueError, match="Ring is a local name, too"):
        merge_modules(sources)


def test_two_imports_under_one_name_become_two_names():
    gate = "from .ring import a\nfrom .kernels import scan as kernel\n\ny = kernel.scan, a\n"
    ring = "from .kernels import ring as kernel\n\ndef a():\n    return kernel.fill\n"
    sources = {
        "gate.py": gate,
        "ring.py": ring,
        "kernels/frame.py": "",
        "store.py": "from .kernels import scan, ring\n",
    }
    merged = merge_modules(sources)["gate.py"]
    names = {a.asname for node in ast.walk(ast.parse(merged)) if isinstance(node, ast.ImportFrom) for a in node.names}
    assert names == {"kernel", "_ring_kernel"}
    assert "return _ring_kernel.fill" in merged
    assert "y = kernel.scan, _ring_a" in merged


def test_dimensions_of_one_measure_share_it_under_their_own_names():
    sources = {
        "dimensions/__init__.py": "",
        "dimensions/_bounds.py": "def measure(s, c, r, b):\n    return s[c]\n",
        "dimensions/trust.py": "from ._bounds import measure\n",
        "dimensions/privacy.py": "from ._bounds import measure\n",
    }
    merged = merge_modules(merge_dimensions(sources))
    assert merged.keys() == {"dimensions/__init__.py"}
    names: dict = {}
    exec(merged["dimensions/__init__.py"], names)
    assert names["trust"] is names["privacy"]
    assert names["trust"]([7], 0, None, 0) == 7


def test_what_an_own_file_of_a_dimension_imports_stays_a_module():
    sources = {
        "dimensions/__init__.py": "",
        "dimensions/_fixed.py": "def ratio(a, b):\n    return a // b\n",
        "dimensions/noise.py": "from ._fixed import ratio\n\n\ndef measure(s, c, r, b):\n    return ratio(s[c], 2)\n",
        "dimensions/own.py": "from ._fixed import ratio\n\nTWO = 2\n",
    }
    merged = merge_modules(merge_dimensions(sources))
    assert merged.keys() == {"dimensions/__init__.py", "dimensions/_fixed.py", "dimensions/own.py"}


def test_the_gate_of_a_bundle_holds_all_that_only_it_imports():
    sources = needed(PLAN, ["adc", "replay"])
    merged = merge_modules(merge_dimensions(sources))
    gone = {
        "kernels/follow.py", "kernels/replay.py", "kernels/scan.py", "judging/verdict.py", "reference/reference.py",
        "window/__init__.py", "window/ring.py", "window/scan.py",
    }  # fmt: skip
    assert gone <= set(sources)
    assert not gone & set(merged)
    assert {"kernels/frame.py", "actions.py", "reference/commissioning.py"} <= set(merged)
    for text in merged.values():
        names = {n.name for n in ast.parse(text).body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        assert len(names) == sum(isinstance(n, ast.FunctionDef | ast.ClassDef) for n in ast.parse(text).body)
