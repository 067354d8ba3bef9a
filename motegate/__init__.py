"""The command line. What it calls lives in the packages beside it."""

__version__ = "0.1.0"
