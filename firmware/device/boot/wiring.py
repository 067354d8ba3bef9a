"""The board's own sensors, as sensors.json lists them."""

import machine

from ..modules import load
from ..sensors.polled import Polled


def make_polled(sensors, hal, period_ms, names):
    """``sensors``: "channels", a sensor each, and "status", a sensor for each field that has one."""
    buses = {}
    for name in sensors["status"]:
        hal.readers[name] = _reader(sensors["status"][name], buses)
    readers = [_reader(sensor, buses) for sensor in sensors["channels"]]
    return Polled(readers, hal, period_ms, names)


def _reader(sensor, buses):
    if sensor is None:
        raise ValueError("a channel has no sensor in the policy, and there is no replay.bin")
    scale = sensor["scaling"]
    if sensor["driver"] == "adc":
        return load("sensors.adc").Adc(_adc(sensor["pin"]), *scale)
    if sensor["driver"] == "i2c":
        bus = _i2c(sensor["bus"], sensor["scl"], sensor["sda"], sensor["freq"], buses)
        keys = ("address", "register", "size", "signed", "big", "setup")
        return load("sensors.i2c").I2c(bus, *[sensor[key] for key in keys], *scale)
    raise ValueError("unknown driver " + sensor["driver"])


def _adc(pin):
    """An analogue input with ``read_u16()``; ``pin`` is a number, or a name on boards that name them."""
    if hasattr(machine.ADC, "ATTN_11DB"):  # ESP32: else its range ends at 1 V
        return machine.ADC(machine.Pin(pin), atten=machine.ADC.ATTN_11DB)
    return machine.ADC(machine.Pin(pin) if isinstance(pin, str) else pin)


def _i2c(bus, scl, sda, freq, buses):
    """The I2C bus of that number, made once."""
    if bus not in buses:
        buses[bus] = machine.I2C(bus, scl=machine.Pin(scl), sda=machine.Pin(sda), freq=freq)
    return buses[bus]
