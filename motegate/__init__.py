"""The front door: the command line `motegate`. What it calls lives in the rooms beside it (train, convert, firmware, device_sim)."""

__version__ = "0.1.0"
