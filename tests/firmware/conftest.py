"""The emulated board that a module's tests flash and watch."""

import os
from pathlib import Path

import pytest
from motegate.firmware.errors import InputError


@pytest.fixture(scope="module")
def pico():
    pytest.importorskip("rp2040py", reason="no emulated Pico; install it with: pip install 'motegate[sim]'")
    from motegate.device_sim.machines import pico

    shared = Path(os.environ.get("MOTEGATE_SHARED", Path(__file__).resolve().parents[3] / "shared"))
    try:
        image = pico.image(os.environ.get(pico.VARIABLE) or shared / "emulators" / "pico.uf2")
    except InputError as error:
        pytest.skip(str(error))
    with pico.Pico(image) as board:
        yield board
