"""A parent's classifier: its candidates, the network among them, and good windows of sites that were never seen."""

from . import candidates, network, tails
from .candidates import Candidate
from .network import keras

__all__ = ["Candidate", "candidates", "keras", "network", "tails"]
