"""The pytest plugin: a virtual board for tests of one's own policy (docs/testing.md)."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest


@pytest.fixture
def mote() -> Iterator[Callable[..., Any]]:
    """``mote(work, commission=...)``: a Session (session.py) on WORK's bundle, ended with the test."""
    from motegate.device_sim.testing import Session

    with ExitStack() as stack:
        yield lambda work, **options: stack.enter_context(Session(work, **options))
