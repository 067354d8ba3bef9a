"""Which serial port a board is on."""

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
