"""A policy's sensors for a board: pins checked, scaling in integers; what lands in `sensors.json`."""

from fractions import Fraction

from motegate.firmware.boards import UNIX, Board
from motegate.firmware.errors import InputError
from motegate.train.policy import Channel, Policy

_BITS = 20  # of a raw reading that the driver keeps


def table(policy: Policy, board: Board) -> tuple[dict, list[str]]:
    """({"channels": [driver and numbers, or null], "status": {field: the same}}, notes).

    The pins belong to the policy's own board: there, one that the board has not is an InputError, a line each. For
    another board it is a note, and the bundle reads that channel from a replay only; so is a channel without a sensor.
    """
    faults: list[str] = []
    channels = [_sensor(channel, board, faults) for channel in policy.channels]
    if any(isinstance(pin, str) for pin in board.adc):
        effects = {effect for action in policy.actions for effect in action.do if effect.startswith("pin:")}
        faults += [f"actions: {effect}: {board.name} names its pins; pin:N is not for it" for effect in sorted(effects)]
    if faults and board.name == policy.board:
        raise InputError(*(f"{policy.path}: {fault}" for fault in faults))
    notes = faults + [
        f"stream.channels.{channel.name}: no sensor in the policy; the board can only judge a replay"
        for channel in policy.channels
        if board.name != UNIX and (channel.sensor is None or channel.sensor["driver"] == "replay")
    ]
    wanted = {field.name for field in policy.status}
    status = {
        name: {"driver": "adc", "pin": reader.pin, "scaling": scaling(reader.scale, reader.offset, 16)}
        for name, reader in sorted(board.status.items())
        if name in wanted
    }
    return {"channels": channels, "status": status}, notes


def _sensor(channel: Channel, board: Board, faults: list[str]) -> dict | None:
    """One entry of the table; None, and a fault where there is one, when the board cannot read the channel."""
    sensor = channel.sensor
    if sensor is None or sensor["driver"] == "replay":
        return None
    where = f"stream.channels.{channel.name}.sensor"
    if sensor["driver"] == "adc":
        form, bits, drop = {"driver": "adc", "pin": sensor["pin"]}, 16, 0
        if board.name != UNIX and sensor["pin"] not in board.adc:
            pins = ", ".join(map(str, board.adc))
            faults.append(f"{where}.pin: {sensor['pin']} is no analogue pin of {board.name}; allowed: {pins}")
            return None
    else:
        bus = next((bus for bus in board.i2c if bus.bus == sensor["bus"]), None)
        if bus is None and board.name != UNIX:
            buses = ", ".join(str(bus.bus) for bus in board.i2c)
            faults.append(f"{where}.bus: {board.name} has no bus {sensor['bus']}; allowed: {buses}")
            return None
        size = sensor["bytes"]
        bits, drop = min(8 * size, _BITS), max(0, 8 * size - _BITS)
        form = {
            "driver": "i2c",
            "bus": sensor["bus"],
            "scl": bus.scl if bus else 0,
            "sda": bus.sda if bus else 0,
            "freq": 400_000,
            "address": sensor["address"],
            "register": sensor["register"],
            "size": size,
            "signed": sensor["signed"],
            "big": sensor["big_endian"],
            "setup": sensor.get("setup", []),
        }
    step = Fraction(sensor["scale"]) * 2**drop / Fraction(channel.resolution)
    offset = (Fraction(sensor["offset"]) - Fraction(channel.middle)) / Fraction(channel.resolution)
    try:
        return form | {"scaling": scaling(step, offset, bits)}
    except InputError as error:
        faults.append(f"{where}: {error}")
        return None


def scaling(step: float | Fraction, offset: float | Fraction, bits: int) -> list[int]:
    """[high, low, split, shift, bias] of floor(step * raw + offset + 1/2) for |raw| <= 2^bits, as precise as
    32 bits allow (firmware/device/sensors/scaling.py); InputError where they do not.

    >>> scaling(1, -32768, 16)
    [4096, 0, 14, 12, -134215680]
    """
    step, offset = Fraction(step), Fraction(offset) + Fraction(1, 2)
    split = 30 - bits
    for shift in range(28, -1, -1):
        factor = round(step * 2 ** (shift + split))
        bias = round(offset * 2**shift)
        high, low = factor >> split, factor & (1 << split) - 1
        if (high << bits) >= -(2**29) and (high + 1 << bits) <= 2**29 and abs(bias) < 2**28:
            return [high, low, split, shift, bias]
    raise InputError(f"scale {float(step):g} and offset {float(offset):g}, in counts, are beyond 32 bits")
