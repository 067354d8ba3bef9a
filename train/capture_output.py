"""What native libraries write to the process's own stdout and stderr, kept off the terminal."""

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from motegate.firmware.file_descriptor import redirected


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
def capture_output() -> Iterator[Captured]:
    """Takes file descriptors 1 and 2, and Python's sys.stdout and sys.stderr, while the body runs."""
    with tempfile.TemporaryFile() as file, redirected(file.fileno(), 1, 2):
        text = io.TextIOWrapper(os.fdopen(os.dup(file.fileno()), "wb"), write_through=True)
        with text, redirect_stdout(text), redirect_stderr(text):  # they may be no longer 1 and 2
            yield Captured(file)
