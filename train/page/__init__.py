"""The page of a training: what was learned from which recording, how well, and who may rely on it for what."""

from .collect import FILE, collect
from .page import PAGE, write

__all__ = ["FILE", "PAGE", "collect", "write"]
