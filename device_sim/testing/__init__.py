"""A virtual board for tests of one's own policy (docs/testing.md)."""

from .duration import seconds
from .session import FAULTS, START_MS, Session

__all__ = ["FAULTS", "START_MS", "Session", "seconds"]
