"""The process's own standard streams, sent elsewhere for a while: native libraries write past Python's."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def redirected(target: int, *numbers: int) -> Iterator[None]:
    """File descriptors ``numbers`` (1, 2) go where ``target`` does while the body runs."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = {number: os.dup(number) for number in numbers}
    try:
        for number in saved:
            os.dup2(target, number)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, copy in saved.items():
            os.dup2(copy, number)
            os.close(copy)
