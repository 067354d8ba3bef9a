"""Which serial port a board is on."""

import contextlib
from collections.abc import Iterator

from ..errors import InputError

VENDORS = {
    0x2E8A: "Raspberry Pi",
    0x303A: "Espressif",
    0x0483: "ST",
    0x10C4: "Silicon Labs CP210x",
    0x1A86: "QinHeng CH340",
    0x0403: "FTDI",
    0xF055: "MicroPython",
}
"""USB vendors of the boards and of the serial bridges on them."""


class PortError(InputError):
    """No board, several boards, or a port that cannot be opened."""


def choose(named: str | None = None) -> str:
    """``named``, or the only port with a board on it; PortError lists what there is."""
    if named:
        return named
    from serial.tools import list_ports

    found = [port for port in list_ports.comports() if port.vid in VENDORS]
    if len(found) == 1:
        return found[0].device
    if not found:
        raise PortError("no board found on USB; plug one in, or name its port with --port")
    seen = ", ".join(f"{port.device} ({VENDORS[port.vid]}, {port.description})" for port in found)
    raise PortError(f"several boards found: {seen}; name one with --port")


@contextlib.contextmanager
def opened(port: str) -> Iterator:
    """The serial line at ``port``, nobody else's meanwhile; reads do not wait. PortError: it cannot be opened."""
    import serial

    try:
        line = serial.serial_for_url(port, do_not_open=True, baudrate=115200, timeout=0, exclusive=True)
        line._reset_input_buffer = lambda: None  # what the board said before we listened is worth showing
        line.open()
    except (OSError, ValueError) as error:  # SerialException is an OSError
        busy = "exclusively lock" in str(error) or "busy" in str(error).lower()
        why = "busy: another program uses it" if busy else "cannot be opened"
        raise PortError(f"{port}: {why}") from None
    try:
        yield line
    finally:
        with contextlib.suppress(OSError):
            line.close()
