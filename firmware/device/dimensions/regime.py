"""Regime: how far the window is from every way the process is known to run.

measure = distance of its signature from the nearest known regime's, in that regime's radius, Q8, at most 2**29; without
any regime 0. The limit is never inside the radius. Source: nearest prototypes with radii of their own as in one-class
classification (Tax and Duin 2004), on a signature of distribution, course and variation over all channels.
"""

from ..layout import REGIME_AWAY

SCOPE = "window"
UNIT = "radius"
ONE = 256
FLOOR = 256
LIMIT = "regime"


def measure(stats, at, reference, base):
    away = stats[REGIME_AWAY]
    return away if away < 536870912 else 536870912
