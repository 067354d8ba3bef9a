"""The board's own sensors, as sensors.json lists them."""

from ..compat import MICROPYTHON
from ..modules import load


def make_polled(sensors, hal, plan, names):
    """``sensors``: "channels", a sensor each, and "status", a sensor for each field that has one; "supply" where pins
    switch the sensors' own."""
    from ..sensors.polled import Polled

    status = sensors["status"]
    fields = list(status)
    readers = readers_of(sensors["channels"] + [status[name] for name in fields])
    n = len(sensors["channels"])
    for i in range(len(fields)):
        hal.readers[fields[i]] = readers[n + i]
    return Polled(readers[:n], hal, plan["period_ms"], names, plan["length"], supply_of(sensors))


def readers_of(sensors):
    """A reader for each."""
    shared = {}
    drivers = {}
    readers = [_reader(sensor, drivers, shared) for sensor in sensors]
    if MICROPYTHON:  # a host keeps its modules, and has room
        for driver in drivers.values():
            del driver.make
    return readers


def supply_of(sensors):
    """What switches the sensors' supply; None: it is always on."""
    if "supply" not in sensors:
        return None
    return load("sensors.supply").Supply(*sensors["supply"])


def _reader(sensor, drivers, shared):
    if sensor is None:
        raise ValueError("a channel has no sensor in the policy, and there is no replay.bin")
    name = sensor["driver"]
    if name not in drivers:
        drivers[name] = load("sensors." + name)
    return drivers[name].make(shared, sensor["scaling"], *sensor["keys"])
