"""Who ships a parent that fails its robustness test, and why: WORK/accepted.json.

It holds for the very classifier and reference that it was said of: what is made again must be accepted again.
"""

import getpass
import hashlib
import json
from pathlib import Path

from motegate.firmware import atomic
from motegate.firmware.errors import InputError, RefusedError

from .robustness import Tested, read

FILE = "accepted.json"


def accept(work: Path, names: list[str], because: str) -> None:
    """Notes that somebody accepts these parents as they are; InputError where one is unknown or passes anyway, or
    nothing says why."""
    failing = [one.parent for one in read(work / "convert") if not one.passes]
    for name in names:
        if name not in failing:
            allowed = ", ".join(failing) or "none, all pass"
            raise InputError(f"--accept-failing {name}: allowed: a parent that fails its robustness test ({allowed})")
    if not because.strip():
        raise InputError("--because: is empty; expected why a parent that fails is to ship")
    entry = {"by": _who(), "because": because.strip()}
    content = _read(work) | {name: entry | {"of": _made(work, name)} for name in names}
    atomic.write(work / FILE, (json.dumps({"parents": content}, indent=1, sort_keys=True) + "\n").encode())


def accepted(work: Path) -> dict[str, dict[str, str]]:
    """Parent -> who accepted it (``by``) and why (``because``), of those that are as they were accepted."""
    return {
        name: {"by": entry["by"], "because": entry["because"]}
        for name, entry in _read(work).items()
        if entry["of"] == _made(work, name)
    }


def require(work: Path) -> list[Tested]:
    """RefusedError where a parent fails its robustness test and nobody accepted it; else what the test said."""
    tested, excused = read(work / "convert"), accepted(work)
    refused = [line for one in tested if not one.passes and one.parent not in excused for line in one.lines()]
    if refused:
        refused.append("to ship it all the same: --accept-failing PARENT --because 'WHY'")
        raise RefusedError("\n".join(refused))
    return tested


def _read(work: Path) -> dict[str, dict[str, str]]:
    path = work / FILE
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text())["parents"]
        return {str(name): {key: str(entry[key]) for key in ("by", "because", "of")} for name, entry in content.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not what --accept-failing writes ({error}); remove it, and accept again") from None


def _made(work: Path, name: str) -> str:
    """SHA-256 of a parent's classifier and of the reference."""
    files = (work / "convert" / file for file in (f"{name}.pack", "reference.bin"))
    try:
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    except OSError:
        return ""


def _who() -> str:
    """The user's name, as the system has it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
