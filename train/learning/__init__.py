"""Learning: which dimensions a parent keeps, which classifier it ships, and what is found of failures held out."""

from .classifiers import classifiers
from .cross_validation import cross_validate
from .learning import Gate, Learned, Search, learn
from .search import Limit

__all__ = ["Gate", "Learned", "Limit", "Search", "classifiers", "cross_validate", "learn"]
