"""main.py's way in: who gets to the prompt of a board in service."""

import json
import sys
import types
from pathlib import Path

import pytest
from motegate.firmware import vm
from motegate.firmware.device import entry

pytestmark = pytest.mark.unit
MAIN = Path(entry.__file__).read_text()
BOARD = """
import sys
class Machine:
    @staticmethod
    def reset():
        print("reset")
        raise SystemExit
    class Pin:
        IN = PULL_UP = 1
        def __init__(self, pin, mode, pull):
            self.pin = pin
        def value(self):
            return {level}
sys.modules["machine"] = Machine
class Main:
    @staticmethod
    def run(root, check=None, found=None):
        print("runs")
sys.modules["motegate"] = sys.modules["motegate.main"] = Main
import micropython
class Micropython:
    @staticmethod
    def kbd_intr(character):
        print("kbd", character)
sys.modules["micropython"] = Micropython
import time
class Time:
    @staticmethod
    def sleep(n):
        print("sleeps")
sys.modules["time"] = Time
"""


@pytest.fixture
def board(tmp_path, monkeypatch) -> Path:
    (tmp_path / "gate").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def service(board: Path, **keys) -> None:
    (board / "gate" / "service.json").write_text(json.dumps(keys))


@pytest.mark.parametrize(
    ("keys", "way"),
    [({"repl": "pin", "pin": 22}, ("pin", 22)), ({"repl": "pin", "pin": "C13"}, ("pin", "C13")),
     ({"repl": "key", "pin": 22}, ("key", 22)), ({"repl": "open", "pin": 22}, ("open", None)),
     ({"repl": "pin", "pin": None}, ("open", None)), ({"repl": "pin"}, ("open", None)), ({}, ("open", None)),
     ({"repl": "pim", "pin": 22}, ("open", None))],
)  # fmt: skip
def test_the_way_in_is_the_services_own_or_open(board, keys, way):
    service(board, **keys)
    assert entry.way_in() == way


@pytest.mark.parametrize("text", [None, "", "[]", "7", "{", "\x00"])
def test_where_the_service_is_missing_or_broken_anybody_gets_in_to_mend_it(board, text):
    if text is not None:
        (board / "gate" / "service.json").write_text(text)
    assert entry.way_in() == ("open", None)
    assert not entry.stopped()


@pytest.mark.parametrize("level", [0, 1])
def test_a_pin_at_ground_opens_the_prompt(board, monkeypatch, level):
    asked = []

    class Pin:
        IN, PULL_UP = 0, 1

        def __init__(self, *what):
            asked.append(what)

        def value(self):
            return level

    monkeypatch.setitem(sys.modules, "machine", types.SimpleNamespace(Pin=Pin))
    service(board, repl="pin", pin=22)
    assert entry.stopped() == (level == 0)
    assert asked == [(22, 0, 1)]


def test_a_stop_opens_the_prompt_once(board):
    service(board, repl="key")
    (board / "stop").write_bytes(b"")
    assert entry.stopped()
    assert not entry.stopped()


def started(board: Path, level: int) -> list[str]:
    """What main.py does on the VM; "kbd 3": Ctrl-C interrupts from there on."""
    script = board / "main_it.py"
    script.write_text(f"import os\nos.chdir({str(board)!r})\n{BOARD.replace('{level}', str(level), 1)}\n{MAIN}")
    return vm.run(script).stdout.decode().split("\n")[:-1]


@pytest.mark.device
@pytest.mark.parametrize(
    ("keys", "level", "did"),
    [({"repl": "open"}, 1, ["kbd -1", "kbd 3", "runs"]),
     ({"repl": "pin", "pin": 22}, 1, ["kbd -1", "runs", "sleeps", "reset"]),
     ({"repl": "key"}, 1, ["kbd -1", "runs", "sleeps", "reset"]),
     ({"repl": "pin", "pin": 22}, 0, ["kbd -1", "kbd 3", "motegate: the prompt, until the next reset"])],
)  # fmt: skip
def test_in_service_ctrl_c_is_never_heard_and_no_end_leads_to_the_prompt(board, keys, level, did):
    service(board, **keys)
    assert started(board, level) == did


@pytest.mark.device
def test_where_the_gate_cannot_be_imported_anybody_gets_in(board):
    service(board, repl="key")
    script = MAIN.replace("from motegate.main import run", "from motegate.nothing import run")
    assert script != MAIN
    file = board / "main_it.py"
    file.write_text(f"import os\nos.chdir({str(board)!r})\n{BOARD.replace('{level}', '1', 1)}\n{script}")
    said = vm.run(file).stdout.decode().split("\n")[:-1]
    assert said[0] == "kbd -1"
    assert '"k":"error"' in said[1]
    assert said[2:] == ["kbd 3", "sleeps", "reset"]
