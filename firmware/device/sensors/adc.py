"""A channel on an analogue pin."""

from ..compat import micropython
from .scaling import count


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
