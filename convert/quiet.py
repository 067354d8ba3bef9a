"""What native libraries write to the process's own stdout and stderr, kept off the terminal."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


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
    """Takes file descriptors 1 and 2, which Python's own redirection doesn't, for the body's duration."""
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryFile() as file:
        saved = {number: os.dup(number) for number in (1, 2)}
        try:
            for number in saved:
                os.dup2(file.fileno(), number)
            yield Captured(file)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, copy in saved.items():
                os.dup2(copy, number)
                os.close(copy)
