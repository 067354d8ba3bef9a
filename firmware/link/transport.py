"""The way to a board: its raw REPL through mpremote's transport, questions asked there, files sent, and its restart."""

import ast
import binascii
import contextlib
import io
import time
from collections.abc import Callable, Iterator, Mapping

import serial
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from ..errors import InputError, RefusedError
from .board_script import BLOCK, FUNCTIONS
from .decoder import parse
from .frames import Error, Hello
from .patience import Clock, clock_of, patient
from .port import PortError

PATIENCE_S = 120.0  # of the board's own time (patience.py)
SILENT_S = 5.0  # for one byte, where mpremote itself does not say


class BoardError(InputError):
    """The board refused what it was asked, or fell silent over it."""


class NoPromptError(PortError):
    """The port is open, and no prompt answers."""


class RawRepl(SerialTransport):
    """Its overall timeout holds on a line that never falls silent, too: a GPS, or a wrong baud rate, is no board.
    All its waits are counted by the board's clock."""

    clock: Clock = staticmethod(time.monotonic)

    def __init__(self, port: str):
        super().__init__(port)
        self.clock = clock_of(port)
        patient(self.serial, self.clock, SILENT_S)

    def read_until(self, min_num_bytes, ending, timeout=10, data_consumer=None, timeout_overall=None):
        assert data_consumer is None  # nobody here looks on while something runs
        data = bytearray()
        forever = float("inf")
        now = self.clock()
        end = now + (forever if timeout_overall is None else timeout_overall)
        quiet = now + (forever if timeout is None else timeout)
        while not data.endswith(ending) and now < min(end, quiet):
            byte = self.serial.read(1)
            now = self.clock()
            if byte:
                data += byte
                quiet = now + (forever if timeout is None else timeout)
        return bytes(data)


@contextlib.contextmanager
def connect(port: str) -> Iterator[RawRepl]:
    """The raw REPL of the board at ``port``, with the functions of board_script.py in it.

    PortError: nothing answers there. BoardError: what the board says of an exception.
    """
    link = None
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # mpremote prints what it cannot make out
            link = RawRepl(port)
            try:
                link.enter_raw_repl()
            except TransportError as error:
                raise NoPromptError(f"{port}: {_short(error)}; is it the right port?") from None
            link.exec(FUNCTIONS)
        yield link
    except TransportExecError as error:
        last = error.error_output.strip().splitlines()[-1:] or ["?"]
        raise BoardError(f"{port}: the board says: {last[0]}") from None
    except (TransportError, serial.SerialException, OSError) as error:
        raise PortError(f"{port}: {_short(error)}; is it the right port, and is no other program using it?") from None
    finally:
        if link is not None:
            with contextlib.suppress(OSError, serial.SerialException):
                link.close()


def _short(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return "busy" if "exclusively lock" in text or "Resource busy" in text else text


def ask(link: RawRepl, expression: str):
    """The value of an expression on the board, however long it takes there."""
    out, error = link.exec_raw(f"print(repr({expression}))", timeout=PATIENCE_S)
    if error:
        raise BoardError(f"the board says: {error.decode('utf-8', 'replace').strip().splitlines()[-1]}")
    return ast.literal_eval(out.decode().strip())


def send(link: RawRepl, files: Mapping[str, bytes], sent: Callable[[int], None]) -> dict[str, str]:
    """Writes files by their path on the board; the SHA-256 that it computed of each. ``sent`` hears of each block."""
    found = {}
    link.exec_raw_no_follow("_get()")
    for path, data in files.items():
        link.serial.write(f"{path} {len(data)}\n".encode())
        for at in range(0, len(data), BLOCK):
            block = data[at : at + BLOCK]
            link.serial.write(binascii.b2a_base64(block, newline=False))
            _expect(link, b".")
            sent(len(block))
        found[path] = _line(link)
    link.serial.write(b"\n")
    link.follow(PATIENCE_S)
    return found


def _expect(link: RawRepl, answer: bytes) -> None:
    got = _read(link)
    if got != answer:
        rest = got + link.read_until(1, b"\x04", timeout=2)
        lines = rest.decode("utf-8", "replace").strip("\x04\r\n> ").splitlines()[-1:] or ["nothing"]
        raise BoardError(f"the board stopped while a file was sent; it says: {lines[0]}")


def _read(link: RawRepl) -> bytes:
    """One byte; empty when the board keeps silent for too long."""
    end = link.clock() + PATIENCE_S
    while link.clock() < end:
        byte = link.serial.read(1)
        if byte:
            return byte
    return b""


def _line(link: RawRepl) -> str:
    line = bytearray()
    while byte := _read(link):
        if byte == b"\n":
            break
        line += byte
    return line.decode("ascii", "replace").strip()


def restart(link: RawRepl, patience_s: float) -> Hello:
    """Soft reset; the hello that follows. Reads no further than that line."""
    link.exit_raw_repl()
    link.serial.write(b"\x04")
    line = bytearray()
    last = ""
    end = link.clock() + patience_s
    while link.clock() < end:
        byte = link.serial.read(1)
        line += byte
        if byte == b"\n":
            item = parse(bytes(line))
            match item.form:
                case Hello() as hello:
                    return hello
                case Error(message):
                    raise RefusedError(f"the board says: {message}")
            last = item.raw.decode("utf-8", "replace").strip() or last
            line.clear()
    raise RefusedError(f"the board did not say hello in {patience_s:.0f} s; its last line: {last or 'none'}")
