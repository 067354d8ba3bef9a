"""The one way to write a file or a folder whole: it takes its place when it is finished, or never.

What is being written lies beside its place as ``.NAME.new.XXXXXXXX``, locked by its process; a folder that makes room
lies for a moment as ``.NAME.old.XXXXXXXX``. A process that was killed leaves them without a lock: whoever writes to
the same place next removes them, and puts back an old folder whose successor never came.
"""

import contextlib
import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: nothing is locked there, and nothing is cleared away
    fcntl = None  # type: ignore[assignment]


def write(path: Path, data: bytes) -> None:
    """Writes beside ``path`` and moves the file into its place."""
    path = _writable(path)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder; expected a file", str(path))
    with _beside(path, _file) as fresh:
        fresh.write_bytes(data)
        os.chmod(fresh, 0o666 & ~_umask())
        os.replace(fresh, path)


@contextlib.contextmanager
def folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of ``path`` when the body ends well and is removed when not."""
    path = _writable(path)
    with _beside(path, _folder) as fresh:
        yield fresh
        fresh.chmod(0o777 & ~_umask())
        if not path.exists():
            os.replace(fresh, path)
            return
        old = _folder(path, "old")
        with _locked(path):
            try:
                os.replace(path, old)
                os.replace(fresh, path)
            except BaseException:
                if path.exists():
                    _remove(old)
                else:
                    os.replace(old, path)
                raise
        _remove(old)


def _file(path: Path, kind: str) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.{kind}.")
    os.close(handle)
    return Path(name)


def _folder(path: Path, kind: str) -> Path:
    return Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.{kind}."))


@contextlib.contextmanager
def _beside(path: Path, make: Callable[[Path, str], Path]) -> Iterator[Path]:
    """An empty file or folder beside ``path``, locked while the body runs, and removed where it is left over."""
    _clear(path)
    with contextlib.ExitStack() as held:
        while True:
            fresh = make(path, "new")
            held.callback(_remove, fresh)
            # Somebody who clears away may have found it before it was locked
            if held.enter_context(_locked(fresh)) and fresh.exists():
                break
        yield fresh


@contextlib.contextmanager
def _locked(path: Path, without: bool = True) -> Iterator[bool]:
    """Holds the lock of a file or a folder, which ends with the process; False when somebody else has it.
    ``without``: what to say where the system has no locks."""
    if fcntl is None:
        yield without
        return
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        except OSError:  # a network's file system, say
            yield without
        else:
            yield True
    finally:
        os.close(handle)


def _clear(path: Path) -> None:
    """Removes what killed processes left beside ``path``; an old folder without a successor goes back to its place."""
    left = re.compile(rf"\.{re.escape(path.name)}\.(new|old)\.\w{{8}}")
    for entry in sorted(path.parent.iterdir()):
        found = left.fullmatch(entry.name)
        if not found:
            continue
        with _locked(entry, without=False) as ours:
            if ours and found[1] == "old" and not path.exists() and any(entry.iterdir()):
                os.replace(entry, path)
            elif ours:
                _remove(entry)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _writable(path: Path) -> Path:
    """Or an OSError that names ``path``, and not the file that would have been written beside it."""
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "its folder is not there", str(path))
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, "its folder cannot be written", str(path))
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
