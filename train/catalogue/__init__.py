"""What the device's files offer to a policy: dimensions and sensor drivers, each read from its own file."""

from .dimension import Dimension, DimensionError, built_in, read
from .sensor import Reading, Sensor, read_sensor
from .sensor_key import WiringError, pin

__all__ = [
    "Dimension",
    "DimensionError",
    "Reading",
    "Sensor",
    "WiringError",
    "built_in",
    "pin",
    "read",
    "read_sensor",
]
