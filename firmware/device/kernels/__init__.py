"""The hot loops: one folder per target, the same files in each.

``plain`` is the specification and the host's choice. A bundle has no folders here: the build lays the files of the
board's target in this one's place, so that `from .kernels import scan` is the fast one there.
"""

from .plain import follow, frame, network, rebin, regimes, replay, ring, scan, value

__all__ = ["follow", "frame", "network", "rebin", "regimes", "replay", "ring", "scan", "value"]
