"""A board in service, on an emulated Pico: Ctrl-C does not end its gate, and `flash` gets in as it was designed."""

import pytest
from motegate.convert.bundle import build
from motegate.firmware.link import commands, flash, keys
from motegate.firmware.link.patience import clock_of
from motegate.firmware.link.transport import connect

from . import handmade

pytestmark = [pytest.mark.device, pytest.mark.campaign]
POLICY = handmade.ONE_CHANNEL + '[serial]\nrepl = "pin"\ncommands = "key"\n[power]\nwatchdog_ms = 5000\n'


def waited(pico, seconds: float) -> None:
    """So much of the board's time."""
    import time

    clock = clock_of(pico.port)
    end = clock() + seconds
    while clock() < end:
        time.sleep(0.01)


def test_ten_thousand_ctrl_c_do_not_end_the_gate_and_flash_gets_in_by_stop_and_a_person_by_the_pin(
    pico, tmp_path, monkeypatch
):
    import serial

    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "keys"))
    made = build(handmade.work(tmp_path / "work", POLICY), "RPI_PICO").folder
    assert flash.flash(made, "RPI_PICO", pico.port).written
    with serial.Serial(pico.port) as line:
        for _ in range(10):
            line.write(b"\x03" * 1000)
    before = commands.status(pico.port)
    waited(pico, 20)
    after = commands.status(pico.port)
    assert after.windows > before.windows
    assert (after.errors, after.resets) == (0, 0)

    hello = flash.flash(made, "RPI_PICO", pico.port).hello  # by its key
    assert (hello.resets, hello.bites) == (0, 0)

    pico.pull(22, 0)
    pico.reset()
    waited(pico, 5)
    with connect(pico.port):
        pass
