"""A progress bar on a terminal, for what takes more than two seconds; silence elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .firmware.progress import Progress, silent

PATIENCE_S = 2.0


@contextmanager
def bar() -> Iterator[Progress]:
    """Gives the callback that moves it."""
    if not sys.stderr.isatty():
        yield silent
        return
    began = time.monotonic()
    shown = None
    task = None
    label = ""

    def progress(what: str, done: int, total: int) -> None:
        nonlocal shown, task, label
        if shown is None:
            if time.monotonic() - began < PATIENCE_S:
                return
            from rich.console import Console
            from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bar

            columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
            shown = Bar(*columns, console=Console(stderr=True), transient=True)
            shown.start()
        if task is None or what != label:
            if task is not None:
                shown.remove_task(task)
            task, label = shown.add_task(what, total=total or None), what
        shown.update(task, completed=done, total=total or None)

    try:
        yield progress
    finally:
        if shown is not None:
            shown.stop()
