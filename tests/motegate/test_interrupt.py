"""Ctrl-C at any moment from the first import on: one line and exit status 130, no traceback.

A hook among the importers interrupts the process itself at a chosen import, so no test waits for a moment to come.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from motegate import examples

EXAMPLE = Path(examples.__file__).parent / "machine_temperature"
SCRIPT = """
import os, runpy, signal, sys

class Interrupter:
    left = 0
    def find_spec(self, name, path=None, target=None):
        if name == "motegate.cli":
            self.left = NUMBER
        if self.left:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupter())
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("motegate", run_name="__main__", alter_sys=True)
"""

TENSORFLOW = SCRIPT.replace(
    "sys.meta_path",
    "from motegate import commands\nfrom motegate.train.model import network\n"
    "commands.check = lambda args: network.keras()\nsys.meta_path",
)


def interrupted(number: int, *words: str, script: str = SCRIPT) -> subprocess.CompletedProcess:
    """A command that gets SIGINT at its import of that number."""
    text = script.replace("NUMBER", str(number))
    return subprocess.run([sys.executable, "-c", text, *words], capture_output=True, text=True, check=False)


@pytest.mark.unit
@pytest.mark.parametrize("number", [1, 2, 3, 5, 8, 13, 30, 60, 120, 200])
def test_an_interrupt_while_a_command_is_imported_is_one_line(number):
    done = interrupted(number, "check", str(EXAMPLE / "policy.toml"), "--data", str(EXAMPLE / "recording.csv"))
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "motegate: interrupted\n")


@pytest.mark.unit
@pytest.mark.parametrize("number", [600, 1200, 1800])
def test_an_interrupt_while_tensorflow_is_imported_is_one_line(number):
    pytest.importorskip("tensorflow", reason="pip install 'motegate[train]'")
    done = interrupted(number, "check", "policy.toml", script=TENSORFLOW)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "motegate: interrupted\n")


@pytest.mark.unit
def test_an_interrupt_in_a_destructor_which_python_cannot_raise_is_not_lost():
    in_destructor = """
import os, runpy, signal
from motegate import commands

class Thing:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

def check(args):
    thing = Thing()
    del thing
    while True:
        pass

commands.check = check
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("motegate", run_name="__main__", alter_sys=True)
"""
    done = interrupted(0, "check", "policy.toml", script=in_destructor)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "motegate: interrupted\n")


@pytest.mark.unit
def test_an_interrupt_that_a_library_swallows_while_it_is_imported_is_not_lost():
    swallowing = """
import os, runpy, signal
from motegate import commands

def check(args):
    try:
        signal.raise_signal(signal.SIGINT)
    except BaseException:
        pass
    import wave

commands.check = check
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("motegate", run_name="__main__", alter_sys=True)
"""
    done = interrupted(0, "check", "policy.toml", script=swallowing)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "motegate: interrupted\n")
