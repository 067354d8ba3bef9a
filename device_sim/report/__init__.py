"""The report: one self-contained page on which a person sees what the gate did to a stream."""

from .report import FAIL, NO_DATA, PASS, UNJUDGED, WINDOWS, data, page
from .series import Downsampler, Series

__all__ = [
    "FAIL",
    "NO_DATA",
    "PASS",
    "UNJUDGED",
    "WINDOWS",
    "Downsampler",
    "Series",
    "data",
    "page",
]
