"""The one place where device code meets the difference between MicroPython and CPython."""

import sys

MICROPYTHON = sys.implementation.name == "micropython"

if MICROPYTHON:
    import micropython
    from micropython import const
else:

    class micropython:  # noqa: N801
        """Stands in for the module: here every emitter is the interpreter."""

        @staticmethod
        def native(function):
            return function

    def const(value):
        """A compile-time constant on MicroPython; here the value itself."""
        return value
