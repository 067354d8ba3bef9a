"""Every example in a docstring runs, and gives what it says."""

import doctest
import importlib
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("motegate", "train", "convert", "firmware", "device_sim")


def examples() -> list[str]:
    """The modules that hold one, by name."""
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]
    parts = [file.relative_to(ROOT).with_suffix("").parts for file in files if ">>> " in file.read_text()]
    return [".".join(part if part[0] == "motegate" else ("motegate", *part)) for part in parts]


@pytest.mark.parametrize("name", examples())
def test_the_examples_of_a_docstring_hold(name):
    module = importlib.import_module(name.removesuffix(".__init__"))
    failed, tried = doctest.testmod(module)
    assert tried
    assert not failed
