"""The monitor over a pty, and its readable lines."""

import io
import os
import pty
import subprocess
import sys
import termios
import threading
import time
import tty
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.firmware.link import monitor, port
from motegate.firmware.link.decoder import Frame, Text, parse
from motegate.firmware.link.frames import Hello

HELLO = (
    '{"k":"hello","n":0,"v":1,"stream":"air","parents":["intrinsic","contextual"],"columns":["spike","noise"],'
    '"actions":["use","discard"],"models":["forecast"],"board":"Pico","hashes":{"plan.json":"00ff"}}'
)
VERDICT = '{"k":"verdict","n":1,"t":[150000000,250],"p":[1,0],"s":[-90,101],"a":1,"x":[3,512]}'


def line(body: str) -> bytes:
    return body.encode() + b"\t%08x\n" % crc32(body.encode())


@pytest.fixture
def wire():
    """(the board's end, the host's path)"""
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    for fd in (master, slave):
        os.close(fd)


def seen(wire, *chunks: bytes, **options) -> list[str]:
    out = io.StringIO()
    master, path = wire
    n = options.pop("n", 99)
    end = line(f'{{"k":"health","n":{n},"t":[1,0],"windows":3,"missed":0,"heap":9,"errors":0,"end":1}}')

    def speak():
        for chunk in [*chunks, end]:
            os.write(master, chunk)
            time.sleep(0.02)

    speaker = threading.Thread(target=speak)
    speaker.start()
    monitor.monitor(path, out=out, until_end=True, **options)
    speaker.join()
    return out.getvalue().splitlines()


@pytest.mark.unit
def test_frames_are_shown_with_the_names_of_the_hello(wire):
    said = seen(wire, line(HELLO), line(VERDICT), n=2)
    assert said[0] == "0 hello: air on Pico; plan.json=00ff"
    assert said[1] == "1 2024-10-02 02:40:00.250 intrinsic pass -90, contextual FAIL 101: discard | spike=3 noise=512"
    assert said[-1] == "3 frames, 0 lost, 0 damaged, 0 restarts"


@pytest.mark.unit
def test_text_passes_through_and_losses_and_damage_are_counted(wire, tmp_path):
    broken = line(VERDICT).replace(b"101", b"102")
    chunks = [b"MicroPython v1.25.0\r\n>>> ", line(HELLO)[:40], line(HELLO)[40:], broken, b"Traceback\r\n"]
    said = seen(wire, *chunks, n=7, log=tmp_path / "log")
    assert said[0] == "MicroPython v1.25.0"
    assert said[1] == ">>> "
    assert said[3].startswith("damaged: ")
    assert said[4] == "Traceback"
    assert said[-1] == "2 frames, 6 lost, 1 damaged, 0 restarts"
    assert (tmp_path / "log").read_bytes().startswith(b"".join(chunks))


@pytest.mark.unit
def test_every_kind_has_a_readable_line():
    names = Hello(parents=("a",), actions=("use",), models=("forecast",))
    bodies = [
        ({"k": "verdict", "t": [0, 5], "why": "commissioning"}, "2020-01-01 00:00:00.005 commissioning"),
        ({"k": "verdict", "t": [0, 5], "p": [0], "s": [127], "a": 0, "why": "no_data", "w": [[1]]},
         "2020-01-01 00:00:00.005 a FAIL 127: use (no_data) | samples [[1]]"),
        ({"k": "model", "t": [0, 5], "m": 0, "y": [-3]}, "2020-01-01 00:00:00.005 forecast: [-3]"),
        ({"k": "regimes", "window": 300, "radius": [700, 64, 90], "seen": [299, -1, 41], "candidate": [-1, -1, 40]},
         "regimes at window 300: 0 (radius 700, seen at 299), 1 (radius 64, not seen yet), "
         "2 (radius 90, seen at 41, candidate)"),
        ({"k": "regimes", "window": 0, "radius": [], "seen": [], "candidate": []}, "regimes at window 0: none"),
        ({"k": "error", "e": "OSError: 28"}, "error: OSError: 28"),
    ]  # fmt: skip
    for body, text in bodies:
        assert monitor.show(Frame(body["k"], 4, body, b""), names) == f"4 {text}"
    odd = Frame("drift", 4, {"k": "drift"}, line('{"k":"drift","n":4}')[:-1])
    assert monitor.show(odd, names) == '4 {"k":"drift","n":4}'


@pytest.mark.unit
@pytest.mark.parametrize(
    "body",
    [
        '"k":"verdict","n":1,"t":[0,5],"p":[1],"s":[1,2],"a":0',
        '"k":"verdict","n":1,"t":[0,5],"p":[2],"s":[1],"a":0',
        '"k":"verdict","n":1,"t":[0,5],"p":[1],"s":[128],"a":0',
        '"k":"verdict","n":1,"t":[0],"why":"commissioning"',
        '"k":"model","n":1,"t":[0,5],"m":0,"y":3',
        '"k":"health","n":1,"t":[0,5],"windows":true,"missed":0,"heap":9,"errors":0',
        '"k":"hello","n":1,"stream":"air","parents":["a",1],"columns":[],"actions":[],"models":[],"board":"","hashes":{}',
        '"k":"regimes","n":1,"window":3,"radius":[700,64],"seen":[3],"candidate":[-1,-1]',
        '"k":"regimes","n":1,"window":3,"radius":[0],"seen":[3],"candidate":[-1]',
        '"k":"error","n":1,"e":28',
    ],
)
def test_a_frame_whose_fields_are_not_the_kinds_own_is_shown_as_its_json(body):
    assert monitor.show(parse(line("{" + body + "}")), Hello()) == "1 {" + body + "}"


@pytest.mark.unit
def test_nothing_that_a_board_says_is_obeyed_by_the_terminal(wire):
    hello = HELLO.replace("intrinsic", r"\u001b[2J").replace('"air"', r'"\u009b31m\u0007"')
    error = r'{"k":"error","n":2,"e":"\u001b]0;owned\u0007\n"}'
    odd = r'{"k":"drift","n":3,"x":"\u001b[1m"}'
    said = seen(
        wire, b"\x1b[31mred\tcafe\xcc\x81 \xc2\xb0C\r\n", line(hello), line(VERDICT), line(error), line(odd), n=4
    )
    assert said[0] == "\\x1b[31mred\tcafe\u0301 °C"
    assert "\\x1b[2J pass -90" in said[2]
    assert said[3] == "2 error: \\x1b]0;owned\\x07\\n"
    assert all(text.replace("\t", "").isprintable() for text in said)


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=6
)


@pytest.mark.property
@given(
    st.sampled_from(["verdict", "model", "regimes", "health", "hello", "error"]),
    st.dictionaries(
        st.sampled_from(["t", "p", "s", "a", "x", "why", "m", "y", "e", "hashes", "parents", "windows", "radius"]), JSON
    ),
)
def test_a_frame_of_any_form_is_shown_and_never_raises(kind, body):
    said = Frame(kind, 1, body, b'{"k":"?"}\t00000000')
    names = said.form if isinstance(said.form, Hello) else Hello()
    assert monitor.show(said, names).startswith("1 ")
    assert monitor.show(Text(b"\xff\r"), names) == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.unit
def test_a_port_that_is_not_there_is_one_line():
    with pytest.raises(port.PortError, match="/dev/no-board: cannot be opened"):
        monitor.monitor("/dev/no-board")


@pytest.mark.unit
def test_a_port_in_use_is_said_to_be_busy(wire):
    import serial

    with serial.Serial(wire[1], exclusive=True), pytest.raises(port.PortError, match="busy"):
        monitor.monitor(wire[1])


class Port:
    def __init__(self, device, vid):
        self.device, self.vid, self.description = device, vid, "Board in FS mode"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("ports", "found"),
    [
        ([], "no board found on USB"),
        ([Port("/dev/ttyS0", None)], "no board found on USB"),
        ([Port("/dev/ttyS0", None), Port("/dev/ttyACM0", 0x2E8A)], None),
        (
            [Port("/dev/ttyACM0", 0x2E8A), Port("/dev/ttyUSB1", 0x10C4)],
            r"ACM0 \(Raspberry Pi.*USB1 \(Silicon Labs",
        ),
    ],
)
def test_the_port_is_found_when_there_is_one_board(monkeypatch, ports, found):
    from serial.tools import list_ports

    monkeypatch.setattr(list_ports, "comports", lambda: ports)
    assert port.choose("/dev/mine") == "/dev/mine"
    if found is None:
        assert port.choose() == "/dev/ttyACM0"
    else:
        with pytest.raises(port.PortError, match=found):
            port.choose()


@pytest.mark.unit
@pytest.mark.parametrize(("plain", "touched"), [(True, False), (False, True)])
def test_a_plain_monitor_leaves_the_terminal_alone(wire, monkeypatch, plain, touched):
    keys, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    during = []

    def watched(line, keys):
        during.append((keys is not None, termios.tcgetattr(terminal) != before))
        yield b"done\n"

    monkeypatch.setattr(monitor, "_bytes", watched)
    with os.fdopen(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        monitor.monitor(wire[1], out=io.StringIO(), plain=plain)
        assert during == [(touched, touched)]
        assert termios.tcgetattr(terminal) == before
    os.close(keys)


@pytest.mark.unit
def test_ctrl_bracket_leaves_on_a_terminal(wire):
    keys, terminal = pty.openpty()
    code = f"from motegate.firmware.link.monitor import monitor; monitor({wire[1]!r})"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=terminal, stdout=subprocess.PIPE)
    os.write(wire[0], line(VERDICT))
    assert b"1 2024-10-02" in process.stdout.readline()
    os.write(keys, b"x\x1d")
    assert process.communicate()[0] == b"1 frames, 0 lost, 0 damaged, 0 restarts\n"
    assert process.returncode == 0
    os.close(keys)
    os.close(terminal)
