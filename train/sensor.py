"""A channel's sensor as the policy names it: driver and keys, checked, defaults filled in."""

from .table import Table, nearest, quoted, shown

DRIVERS = ("adc", "i2c", "replay")


def read_sensor(at: Table) -> dict | None:
    """The sensor's keys as a board's driver takes them; None when there is no such driver."""
    driver = at.text("driver", required=True)
    if driver is None:
        return None
    if driver not in DRIVERS:
        at.note(f"{quoted(driver)} is no driver; {nearest(driver, DRIVERS)}", "driver")
        return None
    sensor = {"driver": driver} | {"adc": _adc, "i2c": _i2c, "replay": _replay}[driver](at)
    at.close()
    return {key: value for key, value in sensor.items() if value is not None}


def _adc(at: Table) -> dict:
    return {"pin": _pin(at)} | _scaled(at)


def _i2c(at: Table) -> dict:
    return {
        "bus": at.whole("bus", 0, 7, default=0),
        "address": at.whole("address", 0x08, 0x77, required=True),
        "register": at.whole("register", 0, 255, required=True),
        "bytes": at.whole("bytes", 1, 4, required=True),
        "signed": at.truth("signed", default=False),
        "big_endian": at.truth("big_endian", default=True),
        "setup": _setup(at),
    } | _scaled(at)


def _replay(at: Table) -> dict:
    return {"file": at.text("file", longest=200)}


def _scaled(at: Table) -> dict:
    """value = scale * raw + offset; the rails are raw."""
    rails = at.pair("rails") if at.has("rails") else None
    return {
        "scale": at.number("scale", "a number other than 0", lambda x: x != 0, default=1.0),
        "offset": at.number("offset", default=0.0),
        "rails": list(rails) if rails else None,
    }


def _pin(at: Table) -> int | str | None:
    """A number, or a name where the board's pins have names (``"A0"`` on a Nucleo)."""
    if isinstance(at.data.get("pin"), str):
        return at.text("pin", longest=8)
    return at.whole("pin", 0, 99, required=True)


def _setup(at: Table) -> list[list[int]] | None:
    """Bytes written to registers once, in order."""
    value = at.anything("setup")
    if value is None:
        return None
    if not isinstance(value, list) or not all(_is_write(pair) for pair in value):
        at.note(f"is {shown(value)}; [[register, value], ...] is wanted, each from 0 to 255", "setup")
        return None
    return value


def _is_write(pair: object) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(type(x) is int and 0 <= x <= 255 for x in pair)
