"""The one place where device code meets the difference between MicroPython and CPython."""

import sys

MICROPYTHON = sys.implementation.name == "micropython"

if MICROPYTHON:
    from micropython import const
else:

    def const(value):
        """A compile-time constant on MicroPython; here the value itself."""
        return value
