"""The board's own sensors, as sensors.json lists them."""

from ..compat import MICROPYTHON
from ..modules import load
from ..sensors.polled import Polled


def make_polled(sensors, hal, plan, names):
    """``sensors``: "channels", a sensor each, and "status", a sensor for each field that has one."""
    shared = {}
    drivers = {}
    for name in sensors["status"]:
        hal.readers[name] = _reader(sensors["status"][name], drivers, shared)
    readers = [_reader(sensor, drivers, shared) for sensor in sensors["channels"]]
    if MICROPYTHON:  # a host keeps its modules, and has room
        for driver in drivers.values():
            del driver.make
    return Polled(readers, hal, plan["period_ms"], names, plan["length"])


def _reader(sensor, drivers, shared):
    if sensor is None:
        raise ValueError("a channel has no sensor in the policy, and there is no replay.bin")
    name = sensor["driver"]
    if name not in drivers:
        drivers[name] = load("sensors." + name)
    return drivers[name].make(shared, sensor["scaling"], *sensor["keys"])
