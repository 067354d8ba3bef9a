"""The commands of the command line to a gate that runs on the real VM, a pty between them."""

import json
import os
import pty
import shutil
import subprocess
import tty
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from motegate.convert import bundle as bundles
from motegate.device_sim.machines.unix import hardware
from motegate.firmware import stored, vm
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.link import commands, keys
from motegate.firmware.link.frames import Health

from motegate import cli

from .. import handmade

pytestmark = pytest.mark.device
ID = b"MOTEGATE".hex()  # device_sim/board/machine.py
BOARD = """
import machine, utime
class Adc:
    seed = 1
    def __init__(self, id, **more):
        pass
    def read_u16(self):
        utime.sleep_us(200)
        Adc.seed = (Adc.seed * 9301 + 49297) % 233280
        return 32000 + Adc.seed % 257
machine.ADC = Adc
from motegate.main import run
run("")
"""
SERVICE = {"open": 'repl = "open"\n', "pin": "", "key": 'repl = "key"\ncommands = "key"\n'}


@dataclass
class Board:
    """A gate on the VM, its serial line at ``port``."""

    port: str
    root: Path
    process: subprocess.Popen

    def ended(self) -> int:
        return self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, Path]:
    """A bundle for each way in."""
    folder = tmp_path_factory.mktemp("service")
    found = {}
    for way, serial in SERVICE.items():
        work = handmade.work(folder / way, f"{handmade.ONE_CHANNEL}[serial]\n{serial}")
        service = bundles.build(work, "UNIX").folder
        found[way] = service
    return found


@pytest.fixture
def board(made, tmp_path, monkeypatch, request) -> Iterator[Board]:
    way = request.param
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "keys"))
    root = tmp_path / "board"
    shutil.copytree(made[way] / "gate", root / "gate")
    if way == "pin":  # the virtual board has no such pin: one of a board that has
        service = json.loads((root / "gate" / "service.json").read_text())
        (root / "gate" / "service.json").write_text(json.dumps(service | {"repl": "pin", "pin": 22}))
        (root / "gate" / "SHA256SUMS").unlink()
    if way == "key":
        (root / "key").write_bytes(keys.read_or_make(ID))
    (root / "run_it.py").write_text(BOARD)
    master, slave = pty.openpty()
    tty.setraw(master)
    tty.setraw(slave)
    path = f"{hardware()}:{made[way] / 'lib'}:.frozen"
    process = subprocess.Popen(
        [str(vm.find()), "-X", "heapsize=256k", "run_it.py"], cwd=root, stdin=master, stdout=master,
        env={**os.environ, "MICROPYPATH": path},
    )  # fmt: skip
    yield Board(os.ttyname(slave), root, process)
    process.kill()
    process.wait()
    for fd in (master, slave):
        os.close(fd)


def motegate(*words: str) -> int:
    return cli.main([str(word) for word in words])


def out_of(way: str):
    return pytest.mark.parametrize("board", [way], indirect=True)


@out_of("open")
def test_an_open_board_is_asked_given_the_time_read_and_stopped(board, tmp_path, capsys):
    assert motegate("status", "--port", board.port, "--json") == 0
    health = json.loads(capsys.readouterr().out)
    assert Health.read(health).adds_up
    assert motegate("time", "--port", board.port) == 0
    assert "UTC" in capsys.readouterr().out
    assert motegate("dump", "--port", board.port, "--out", tmp_path / "dump") == 0
    assert sorted(path.name for path in (tmp_path / "dump").iterdir()) == ["state.bin", "window.json", "windows.bin"]
    stored.read(tmp_path / "dump" / "windows.bin")
    window = json.loads((tmp_path / "dump" / "window.json").read_text())
    assert [len(row) for row in window["w"]] == [16]
    capsys.readouterr()
    assert motegate("stop", "--port", board.port) == 0
    assert "prompt is open" in capsys.readouterr().out
    assert board.ended() == 3
    assert (board.root / "stop").exists()


@out_of("open")
def test_a_board_that_does_not_adapt_says_so(board, capsys):
    assert motegate("rollback", "--port", board.port) == 1
    assert "rollback: this board does not adapt" in capsys.readouterr().err
    label = ["--window", "2026-03-01T12:00:00Z", "--label", "good", "--port", board.port]
    assert motegate("adapt", "--parent", "nobody", *label) == 2
    assert "--parent nobody: this board has intrinsic, contextual" in capsys.readouterr().err
    assert motegate("adapt", "--parent", "intrinsic", *label) == 1
    assert "label: this board does not adapt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--parent", "intrinsic"], "expected all three, or none"),
        (["--parent", "a", "--label", "good", "--window", "noon"], "noon: no time; expected ISO 8601"),
    ],
)
def test_a_label_that_is_none_is_refused_before_any_board_is_asked(arguments, why, capsys):
    assert motegate("adapt", "--port", "/dev/nowhere", *arguments) == 2
    assert why in capsys.readouterr().err


@out_of("open")
def test_the_time_that_was_given_is_the_records_own_from_then_on(board):
    given = commands.set_time(board.port)
    with commands.connected(board.port) as line:
        for _ in range(200):
            health = line.ask("status").frames[-2].form
            if health.t[0] >= given[0]:
                break
    assert given[0] <= health.t[0] < given[0] + 10_000
    assert given[0] + EPOCH_S > 1_700_000_000


@out_of("key")
def test_under_key_whoever_has_it_is_obeyed(board, capsys):
    assert motegate("time", "--port", board.port) == 0
    assert motegate("time", "--port", board.port) == 0
    assert motegate("stop", "--port", board.port) == 0
    assert board.ended() == 3
    capsys.readouterr()


@out_of("key")
def test_under_key_who_has_none_or_another_is_told_so(board, monkeypatch, tmp_path, capsys):
    assert motegate("status", "--port", board.port) == 0
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "nobody"))
    assert motegate("stop", "--port", board.port) == 2
    assert f"{ID}.key: no key of this board" in capsys.readouterr().err
    keys.read_or_make(ID)
    assert motegate("stop", "--port", board.port) == 1
    assert "is not this board's" in capsys.readouterr().err
    assert board.process.poll() is None
    assert not (board.root / "stop").exists()


@out_of("pin")
def test_where_the_pin_is_the_way_in_stop_says_which(board, capsys):
    assert motegate("stop", "--port", board.port) == 1
    assert "stop: hold pin 22 at ground while the board starts" in capsys.readouterr().err
    assert board.process.poll() is None


@out_of("open")
def test_the_monitor_asks_for_the_names(board):
    import io
    import threading

    from motegate.firmware.link import monitor

    out = io.StringIO()
    thread = threading.Thread(target=monitor.monitor, args=(board.port,), kwargs={"out": out}, daemon=True)
    thread.start()
    for _ in range(600):
        if "hello? (command 0): done" in out.getvalue():
            break
        thread.join(0.1)
    said = out.getvalue()
    assert "hello: handmade on" in said
    assert "hello? (command 0): done" in said
    board.process.kill()


@pytest.mark.unit
def test_a_line_on_which_nobody_answers_is_one_line(monkeypatch, capsys):
    master, slave = pty.openpty()
    monkeypatch.setattr(commands, "PATIENCE_S", 0.1)
    assert motegate("status", "--port", os.ttyname(slave)) == 2
    assert "no answer in" in capsys.readouterr().err
    for fd in (master, slave):
        os.close(fd)


@pytest.mark.unit
def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path, monkeypatch):
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "keys"))
    key = keys.read_or_make("00ff")
    assert keys.read_or_make("00ff") == keys.read("00ff") == key
    assert len(key) == 32
    assert keys.read_or_make("") != key
    path = tmp_path / "keys" / "00ff.key"
    assert path.stat().st_mode & 0o777 == 0o600
    for wrong in ("../x", "0G", "0" * 65):
        with pytest.raises(keys.KeyFileError, match="no number of a board"):
            keys.read_or_make(wrong)
    path.write_bytes(b"short")
    with pytest.raises(keys.KeyFileError, match="5 bytes; expected a key of 32"):
        keys.read("00ff")
