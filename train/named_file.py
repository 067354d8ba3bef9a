"""A file that a policy names, which must lie in the policy's own folder.

A dimension's file is code that training runs, and both kinds are copied into the work folder: what a policy from
somebody else may reach ends at its folder, and is refused before anything reads it.
"""

from pathlib import Path, PurePosixPath, PureWindowsPath

from .table import Table, quoted

ALLOWED = "expected a file in the policy's folder"


def inside(at: Table, folder: Path, file: str) -> bool:
    """Whether ``file`` stays in ``folder``, links followed; where it does not, that is noted at the key ``file``."""
    parts = PurePosixPath(file).parts
    if PurePosixPath(file).is_absolute() or PureWindowsPath(file).anchor or ".." in parts:
        at.note(f"is {quoted(file)}; {ALLOWED}, named from there and without ..", "file")
        return False
    try:
        stays = (folder / file).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a circle of links
        stays = False
    if not stays:
        at.note(f"{quoted(file)} is a link to somewhere else; {ALLOWED}", "file")
    return stays
