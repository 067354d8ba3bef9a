"""Faults: failing windows made from good ones, each of a kind, a severity and a home dimension."""

from .fault import Faulty, Kind, Windows
from .injection import STATUS_HOMES, all_kinds, columns_beside, fails, inject, kinds

__all__ = [
    "STATUS_HOMES",
    "Faulty",
    "Kind",
    "Windows",
    "all_kinds",
    "columns_beside",
    "fails",
    "inject",
    "kinds",
]
