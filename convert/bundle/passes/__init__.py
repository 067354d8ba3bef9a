"""The build's passes over device sources, each text to text: what makes the source readable is undone for the board."""

from .fold import HOST_ONLY, flatten, fold
from .merge_dimensions import merge_dimensions
from .merge_modules import merge_modules
from .minify import minify

__all__ = ["HOST_ONLY", "flatten", "fold", "merge_dimensions", "merge_modules", "minify"]
