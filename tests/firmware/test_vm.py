"""The host's way to the real MicroPython VM."""

import pytest
from motegate.firmware import vm
from motegate.firmware.errors import InputError

pytestmark = pytest.mark.device


def script(folder, text):
    path = folder / "script.py"
    path.write_text(text)
    return path


def test_a_script_runs_on_micropython_with_its_arguments_and_its_input(tmp_path):
    done = vm.run(
        script(tmp_path, "import sys\nprint(sys.implementation.name, sys.argv[1], sys.stdin.read())"),
        ["one"],
        stdin=b"two",
    )
    assert done.stdout == b"micropython one two\n"
    assert done.returncode == 0


def test_the_heap_is_as_large_as_asked(tmp_path):
    done = vm.run(script(tmp_path, "import gc\nprint(gc.mem_free() + gc.mem_alloc())"), heap="64k")
    assert 40_000 < int(done.stdout) < 65_536


def test_a_script_that_fails_gives_its_status_and_its_traceback(tmp_path):
    done = vm.run(script(tmp_path, "raise ValueError('here')"))
    assert done.returncode == 1
    assert b"ValueError: here" in done.stdout


def test_a_missing_vm_is_named_with_the_command_that_provides_it(monkeypatch):
    monkeypatch.delenv(vm.VARIABLE, raising=False)
    monkeypatch.setattr(vm.shutil, "which", lambda *a, **k: None)
    with pytest.raises(InputError, match=r"pip install 'motegate\[sim\]'"):
        vm.find()


def test_a_variable_that_names_no_program_is_refused(monkeypatch):
    monkeypatch.setenv(vm.VARIABLE, "/nowhere/micropython")
    with pytest.raises(InputError, match="/nowhere/micropython is not a program"):
        vm.find()
