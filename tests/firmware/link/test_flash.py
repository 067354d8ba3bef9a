"""Flashing: what is checked before anything is written. The whole way is in test_pico.py."""

import contextlib
import json
import time
from pathlib import Path

import pytest
from motegate.firmware.boards import ARCHITECTURES
from motegate.firmware.errors import InputError, RefusedError
from motegate.firmware.link import flash, patience
from motegate.firmware.link.frames import Hello
from motegate.firmware.link.transport import RawRepl

PICO = {"board": "RPI_PICO", "mpy": {"version": 6, "sub_version": 3, "arch": "armv6m"}, "files": {}}


class Link:
    """A board that answers with one value."""

    def __init__(self, value):
        self.value = value

    def exec_raw(self, command, timeout):
        return repr(self.value).encode(), b""


def code(arch: str, version=6, sub=3) -> int:
    return ARCHITECTURES.index(arch) << 10 | sub << 8 | version


@pytest.fixture
def bundle(tmp_path) -> Path:
    (tmp_path / "gate").mkdir()
    (tmp_path / "gate" / "plan.json").write_bytes(b"{}")
    sha = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    manifest = PICO | {"files": {"gate/plan.json": {"bytes": 2, "sha256": sha}}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


@pytest.mark.unit
@pytest.mark.parametrize("board", ["armv6m", "armv7m", "armv7emsp"])
def test_arms_native_code_runs_on_its_larger_siblings(board):
    flash._check_architecture(Link(code(board)), PICO)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("value", "says"),
    [
        (code("xtensawin"), r"for RPI_PICO \(armv6m\); this board runs xtensawin code"),
        (code("rv32imc"), "runs rv32imc code"),
        (0, "runs bytecode code"),
        (code("armv6m", sub=2), r"of version 6\.2; the bundle's are 6\.3"),
        (code("armv6m", version=5), r"of version 5\.3"),
    ],
)
def test_a_board_of_another_architecture_or_format_is_refused(value, says):
    with pytest.raises(flash.FlashError, match=says):
        flash._check_architecture(Link(value), PICO)


@pytest.mark.unit
def test_code_for_a_larger_arm_is_refused_on_a_smaller_one():
    larger = PICO | {"board": "RPI_PICO2", "mpy": PICO["mpy"] | {"arch": "armv7emsp"}}
    with pytest.raises(flash.FlashError, match="this board runs armv6m code"):
        flash._check_architecture(Link(code("armv6m")), larger)


@pytest.mark.unit
def test_too_little_space_is_said_in_kilobytes():
    manifest = {"files": {f"lib/motegate/{i}.mpy": {"bytes": 5000} for i in range(10)}}
    flash._check_space(Link((4096, 0, 0, 24)), manifest)
    with pytest.raises(flash.FlashError, match="96 KB are needed on the board, 92 KB are free"):
        flash._check_space(Link((4096, 0, 0, 23)), manifest)


@pytest.mark.unit
def test_a_folder_that_is_no_bundle_of_the_board_is_refused(bundle, tmp_path):
    with pytest.raises(InputError, match="no bundle"):
        flash.flash(tmp_path / "nothing", "RPI_PICO", "/dev/no-board")
    with pytest.raises(InputError, match="a bundle for RPI_PICO; expected one for ESP32_GENERIC"):
        flash.flash(bundle, "ESP32_GENERIC", "/dev/no-board")
    (bundle / "gate" / "plan.json").write_bytes(b"{ }")
    with pytest.raises(InputError, match=r"plan\.json: not the file that build made"):
        flash.flash(bundle, "RPI_PICO", "/dev/no-board")


@pytest.mark.unit
def test_a_port_that_cannot_be_opened_is_one_line(bundle):
    with pytest.raises(InputError, match=r"/dev/no-board: .*is it the right port"):
        flash.flash(bundle, "RPI_PICO", "/dev/no-board")


@pytest.mark.unit
def test_a_line_that_never_falls_silent_is_no_board():
    class Chatter:
        def read(self, n):
            return b"$"

    link = RawRepl.__new__(RawRepl)
    link.serial = Chatter()
    link.clock = iter(range(99)).__next__
    assert link.read_until(1, b"raw REPL", timeout_overall=10) == b"$" * 10


class Silence:
    """A serial line on which a byte comes when a clock says so."""

    def __init__(self, at: int):
        self.now, self.at = 0, at

    def clock(self) -> int:
        self.now += 1
        return self.now

    def read(self, n):
        return b"" if self.now < self.at else b"R" * n


@pytest.mark.unit
@pytest.mark.parametrize(("at", "read"), [(5, b"RR"), (100, b"")])
def test_a_wait_is_counted_by_the_board_s_clock(at, read):
    line = Silence(at)
    assert patience.patient(line, line.clock, 50).read(2) == read
    assert line.now <= 60


@pytest.mark.unit
def test_a_port_without_a_clock_of_its_own_goes_by_ours(monkeypatch):
    monkeypatch.setitem(patience.CLOCKS, "/dev/emulated", lambda: 7.0)
    assert patience.clock_of("/dev/emulated")() == 7.0
    assert patience.clock_of("/dev/ttyACM0") is time.monotonic


@pytest.mark.unit
def test_a_board_that_runs_other_files_than_were_sent_is_refused():
    manifest = {"files": {"gate/plan.json": {"sha256": "ab" * 32}, "gate/replay.bin": {"sha256": "cd" * 32}}}
    flash._compare(Hello(hashes={"plan.json": "ab" * 8}), manifest)
    for said in ({}, {"plan.json": "00" * 8}, {"plan.json": "ab" * 8, "old.pack": "ab" * 8}):
        with pytest.raises(RefusedError, match="runs other files than were sent"):
            flash._compare(Hello(hashes=said), manifest)


@pytest.mark.unit
def test_flash_itself_refuses_a_board_that_says_hello_with_other_files(bundle, monkeypatch):
    @contextlib.contextmanager
    def board(port):
        yield None

    hashes = {"plan.json": "44136fa355b3678a"}
    monkeypatch.setattr(flash, "connect", board)
    monkeypatch.setattr(flash, "_put", lambda *_: True)
    monkeypatch.setattr(flash, "restart", lambda *_: Hello(stream="air", board="Pico", hashes=hashes))
    assert flash.flash(bundle, "RPI_PICO", "/dev/board").written
    hashes["plan.json"] = "0123456789abcdef"
    with pytest.raises(RefusedError, match=r"runs other files than were sent: plan\.json"):
        flash.flash(bundle, "RPI_PICO", "/dev/board")
