"""What native libraries write to the process's own stdout and stderr, kept off the terminal."""

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout


class Captured:
    """The text so far."""

    def __init__(self, file):
        self._file = file

    @property
    def text(self) -> str:
        sys.stdout.flush()
        sys.stderr.flush()
        self._file.seek(0)
        return self._file.read().decode(errors="replace")


@contextmanager
def captured() -> Iterator[Captured]:
    """Takes file descriptors 1 and 2, and Python's sys.stdout and sys.stderr, while the body runs."""
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryFile() as file:
        saved = {number: os.dup(number) for number in (1, 2)}
        try:
            for number in saved:
                os.dup2(file.fileno(), number)
            text = io.TextIOWrapper(os.fdopen(os.dup(file.fileno()), "wb"), write_through=True)
            with text, redirect_stdout(text), redirect_stderr(text):  # they may be no longer 1 and 2
                yield Captured(file)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, copy in saved.items():
                os.dup2(copy, number)
                os.close(copy)
