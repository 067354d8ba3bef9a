"""A channel on an analogue pin."""

from ..compat import micropython
from .scaling import count

KEYS = {"pin": ("analogue pin",)}


def reading(keys):
    return str(keys["pin"]), 16, False, False


class Adc:
    """``adc`` is ``machine.ADC`` or anything with ``read_u16()``; the scaling as in scaling.py."""

    def __init__(self, adc, high, low, split, shift, bias):
        self._adc = adc
        self._high = high
        self._low = low
        self._split = split
        self._shift = shift
        self._bias = bias

    @micropython.native
    def count(self):
        return count(self._adc.read_u16(), self._high, self._low, self._split, self._shift, self._bias)


def make(shared, scaling, pin):
    """``pin`` is a number, or a name on boards that name them."""
    import machine

    if hasattr(machine.ADC, "ATTN_11DB"):  # ESP32: else its range ends at 1 V
        adc = machine.ADC(machine.Pin(pin), atten=machine.ADC.ATTN_11DB)
    else:
        adc = machine.ADC(machine.Pin(pin) if isinstance(pin, str) else pin)
    return Adc(adc, *scaling)
