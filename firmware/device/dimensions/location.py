"""Location: the device is inside its fence (latitude, longitude or zone id).

measure = how far the worst bound field lies outside its bounds (min, max in the policy), in the field's unit,
saturating at 2**29; a field that is missing gives 2**29. The limit is one unit. Source: Chatterjee et al. 2022,
location intelligence; QARTOD, location test.
"""

from ._bounds import measure

SCOPE = "status"
UNIT = "status"
ONE = 1
FLOOR = 1
LIMIT = "fixed"

__all__ = ["measure"]
