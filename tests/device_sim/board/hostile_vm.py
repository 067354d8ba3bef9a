"""Runs on the VM, in a folder with a bundle's gate/: the gate judges what its converter shows, its line on stdin.

The free heap of a health frame is what a collection leaves, so that any that is lost shows. Before it stands a line of
MicroPython's own: how many names it has interned, which it keeps for good.
"""

import gc

import machine
import micropython


class Adc:
    """A quiet converter."""

    seed = 1

    def __init__(self, id, **more):
        pass

    def read_u16(self):
        Adc.seed = (Adc.seed * 9301 + 49297) % 233280
        return 32000 + Adc.seed % 257


machine.ADC = Adc

from motegate.clock import Clock  # noqa: E402
from motegate.hal import Hal  # noqa: E402
from motegate.main import run  # noqa: E402


class Board(Hal):
    def heap_free(self):
        micropython.qstr_info()
        gc.collect()
        return gc.mem_free()


run("", Board(Clock()))
