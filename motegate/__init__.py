"""The front door: the command line. What it calls lives in the rooms beside it."""

__version__ = "0.1.0"
