"""A person's own recording: a first policy for it, and whether a policy fits it."""

from . import check, init

__all__ = [
    "check",
    "init",
]
