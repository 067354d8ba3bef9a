"""A policy's sensors for a board: pins checked, scaling in integers; what lands in `sensors.json`."""

from fractions import Fraction

from motegate.firmware import boards
from motegate.firmware.boards import UNIX, Board
from motegate.firmware.errors import InputError
from motegate.train.catalogue import WiringError
from motegate.train.policy import Channel, Policy

SUPPLY = "supply_mv"
"""The status field that a low supply is told by."""
_BITS = 20  # of a raw reading that the driver keeps


def table(policy: Policy, board: Board) -> tuple[dict, list[str]]:
    """({"channels": [{driver, keys, scaling} or null], "status": {field: the same}, "supply": ...}, notes).

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
        if board.name != UNIX and (channel.sensor is None or channel.sensor.reading is None)
    ]
    wanted = {field.name for field in policy.status} | ({SUPPLY} if policy.power.low_mv is not None else set())
    if policy.power.low_mv is not None and SUPPLY not in board.status:
        fault = f"power.low_mv: {board.name} cannot read its supply; boards that can: {', '.join(_with_supply())}"
        if board.name == policy.board:
            raise InputError(f"{policy.path}: {fault}")
        notes.append(fault)
    status = {
        name: {"driver": "adc", "keys": [reader.pin], "scaling": scaling(reader.scale, reader.offset, 16)}
        for name, reader in sorted(board.status.items())
        if name in wanted
    }
    return {"channels": channels, "status": status} | _supply(policy, board), notes


def _with_supply() -> list[str]:
    return [name for name in boards.names() if SUPPLY in boards.load(name).status]


def _supply(policy: Policy, board: Board) -> dict:
    """{"supply": [milliseconds, pins]} where a pin switches the sensors' own; not for another board, nor its pins."""
    switched = [
        channel.sensor for channel in policy.channels if channel.sensor and channel.sensor.power_pin is not None
    ]
    if not switched or board.name not in (policy.board, UNIX):
        return {}
    pins = list(dict.fromkeys(sensor.power_pin for sensor in switched))
    return {"supply": [max(sensor.warm_up_ms for sensor in switched), pins]}


def _sensor(channel: Channel, board: Board, faults: list[str]) -> dict | None:
    """One entry of the table; None, and a fault where there is one, when the board cannot read the channel."""
    sensor = channel.sensor
    reading = sensor.reading if sensor else None
    if sensor is None or reading is None:
        return None
    where = f"stream.channels.{channel.name}.sensor"
    try:
        keys = sensor.wired(board)
    except WiringError as error:
        faults.append(f"{where}.{error}")
        return None
    step = Fraction(sensor.scale) * 2 ** max(0, reading.bits - _BITS) / Fraction(channel.resolution)
    offset = (Fraction(sensor.offset) - Fraction(channel.middle)) / Fraction(channel.resolution)
    try:
        numbers = scaling(step, offset, min(reading.bits, _BITS))
        return {"driver": sensor.driver, "keys": keys, "scaling": numbers}
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
