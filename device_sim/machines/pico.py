"""An emulated Raspberry Pi Pico: MicroPython's own image on rp2040py, its USB serial line on a pty.

The image is looked for in ``$MOTEGATE_PICO_UF2``. ``python -m motegate.device_sim.machines.pico IMAGE`` is the
emulator's process; it ends with its standard input, where a line ``22=0`` holds pin 22 at ground, ``22=1`` lets it go,
and ``reset`` is the reset button. `... IMAGE FILE`: it writes its own time into FILE, by which others
wait for it: how fast it goes is the machine's affair.
"""

import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from motegate.firmware.errors import InputError
from motegate.firmware.link import CLOCKS

VARIABLE = "MOTEGATE_PICO_UF2"
BOOT_S = 60  # of its own time
CLOCK = struct.Struct("<d")  # seconds since its reset, in a file that its process keeps writing
TICK_S = 0.02


def image(named: str | Path | None = None) -> Path:
    """The UF2 to run; InputError when there is none."""
    path = Path(named or os.environ.get(VARIABLE, ""))
    if not path.is_file():
        raise InputError(f"{VARIABLE}: expected a MicroPython image for the Pico (.uf2); {path} is none")
    return path


class Pico:
    """``with Pico(image) as pico``: a booted board with an empty file system; ``pico.port`` is its pty."""

    def __init__(self, uf2: str | Path | None = None):
        self._image = image(uf2)
        self._process: subprocess.Popen | None = None
        self._clock = tempfile.NamedTemporaryFile(prefix="motegate-pico-")  # noqa: SIM115 (open as long as the board)
        self.port = ""

    def __enter__(self) -> "Pico":
        command = [sys.executable, "-m", "motegate.device_sim.machines.pico", str(self._image), self._clock.name]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        assert self._process.stdout is not None
        self.port = self._process.stdout.readline().strip()
        if not self.port:
            self._process.kill()
            _, said = self._process.communicate()
            raise RuntimeError(f"the emulated Pico did not start: {said.strip().splitlines()[-1:] or 'no word'}")
        CLOCKS[self.port] = self.seconds
        return self

    def pull(self, pin: int, level: int) -> None:
        """Holds a pin at a level, as a jumper does."""
        self._order(f"{pin}={level}")

    def _order(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def reset(self) -> None:
        """Presses the button."""
        self._order("reset")

    def seconds(self) -> float:
        """The board's own time; OSError when its process has ended."""
        assert self._process is not None
        if self._process.poll() is not None:
            raise OSError("the emulated Pico has ended")
        written = os.pread(self._clock.fileno(), CLOCK.size, 0)
        return CLOCK.unpack(written)[0] if written else 0.0

    def __exit__(self, *_) -> None:
        process = self._process
        assert process is not None
        CLOCKS.pop(self.port, None)
        self._clock.close()
        try:
            process.communicate(timeout=5)  # closes its standard input, which ends it
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


QUIET_US, HURRIED_US, FULL_US = 2000, 200, 20
"""How soon the emulated host answers the board's USB endpoint: with nothing to say (its empty packets would cost
the board most of its time: 10 us, the emulator's own setting, makes bytecode three times as slow), shortly after it
said something, and with more to say."""
HURRY_NS = 20_000_000


async def _emulate(uf2: Path, clock_file: Path | None = None) -> None:
    import asyncio
    import dataclasses

    from rp2040py.boards import BOARDS
    from rp2040py.cli.pty_repl import PtyInteractiveRepl
    from rp2040py.device import MicroPythonDevice

    device = MicroPythonDevice(board=dataclasses.replace(BOARDS["pico"], image=uf2))
    usb, clock, fifo = device.mcu.usb_ctrl, device.simulator.clock, device.cdc.tx_fifo
    answer = usb.on_endpoint_read
    assert answer is not None
    hurried_until = 0.0

    def paced(endpoint: int, size: int) -> None:
        nonlocal hurried_until
        if fifo.item_count:
            hurried_until = clock.nanos + HURRY_NS
            usb.read_delay_microseconds = FULL_US
        else:
            usb.read_delay_microseconds = HURRIED_US if clock.nanos < hurried_until else QUIET_US
        answer(endpoint, size)

    async def tick() -> None:
        with open(clock_file or os.devnull, "r+b", buffering=0) as file:
            while True:
                file.seek(0)
                file.write(CLOCK.pack(clock.nanos / 1e9))
                await asyncio.sleep(TICK_S)

    async def booted_in_time() -> None:
        boot = asyncio.ensure_future(device.astart(None))
        while not boot.done():
            if clock.nanos > BOOT_S * 1e9:
                raise TimeoutError(f"it did not boot in {BOOT_S} s")
            await asyncio.wait([boot], timeout=TICK_S)
        await boot

    usb.on_endpoint_read = paced
    ticking = asyncio.ensure_future(tick())
    await booted_in_time()
    ended = asyncio.Event()
    line = PtyInteractiveRepl(device.cdc, device.simulator, on_quit=lambda code: ended.set())
    await line.start()
    print(line.slave_path, flush=True)

    def ordered() -> None:
        # not readline(): of two lines that came together it would keep the second to itself until a third comes
        text = os.read(sys.stdin.fileno(), 4096).decode()
        if not text:
            ended.set()
        for order in text.split():
            pin, _, level = order.partition("=")
            if pin == "reset":
                device.mcu.set_run_pin(low=True)
                device.mcu.set_run_pin(low=False)
            else:
                device.mcu.gpio[int(pin)].set_input_value(int(level) != 0)

    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ordered)
    await ended.wait()
    ticking.cancel()
    await line.stop()
    device.stop()


if __name__ == "__main__":
    import asyncio

    asyncio.run(_emulate(*map(Path, sys.argv[1:])))
    os._exit(0)  # the emulator's own threads are of no more use
