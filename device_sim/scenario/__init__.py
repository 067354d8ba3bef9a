"""Scenarios: what a board sees, what fails meanwhile, and what is expected of it, in a file (docs/testing.md)."""

from .document import Scenario, ScenarioError, load
from .junit import junit
from .play import Played, play, play_all

__all__ = ["Played", "Scenario", "ScenarioError", "junit", "load", "play", "play_all"]
