"""How a board is kept in service: what lands in `service.json`, for main.py and the start to read."""

from motegate.firmware import boards
from motegate.firmware.boards import Board
from motegate.firmware.errors import InputError
from motegate.train.policy import Policy

from .waiting import Way, best


def table(policy: Policy, board: Board, sensors: dict, replays: bool, ways: list[Way]) -> dict:
    """The policy's service on a board. One that judges a replay is on a bench: anybody gets in, nothing resets it, and
    it does not sleep.

    ``sensors``: as in sensors.json; ``ways``: those that it has to wait. InputError: the pin that opens the prompt is
    something else's, or the board cannot sleep as the policy has it.
    """
    service = vars(policy.service) | {"sleep": "none"}
    if replays:
        service |= {"repl": "open", "watchdog_ms": 0}
    else:
        service |= _sleep(policy, board, ways) | _low(policy, sensors)
    if service["pin"] is None or board.name != policy.board:
        service["pin"] = board.stop
    if service["repl"] == "pin" and service["pin"] is None:
        service["repl"] = "open"
    if service["repl"] == "pin":
        _alone(policy, service["pin"], sensors)
    return service


def _sleep(policy: Policy, board: Board, ways: list[Way]) -> dict:
    """``sleep``; ``light``: what goes on in light sleep, where it sleeps so, if only until it may sleep deeply;
    ``deep_bytes`` that this keeps, ``deep_ms``: that a start takes, to begin with."""
    mode = best(ways) if policy.power.sleep == "auto" else policy.power.sleep
    refused = next(way.refused for way in ways if way.mode == mode)
    if refused:
        allowed = ", ".join(f'"{way.mode}"' for way in ways if not way.refused)
        what = f'{board.name} has no "{mode}" here: {refused}'
        raise InputError(f'{policy.path}: power.sleep: {what}; expected one of {allowed}, "auto"')
    found: dict = {"sleep": mode}
    if mode != "none":
        found["light"] = board.light
    if mode == "deep":
        own = boards.load(policy.board) if board.name == boards.UNIX else board
        found |= {"deep_bytes": board.deep_bytes, "deep_ms": round(own.start_ms.value)}
    return found


def _low(policy: Policy, sensors: dict) -> dict:
    """``low``: [millivolts below which the supply is low, the hop then, whether passing windows are left unsaid]."""
    power = policy.power
    if power.low_mv is None or "supply_mv" not in sensors["status"]:
        return {}
    return {"low": [power.low_mv, min(policy.hop * power.low_hops, policy.length), int(power.low_frames == "failures")]}


def _alone(policy: Policy, pin: int | str, sensors: dict) -> None:
    by_channel = {channel.name: entry for channel, entry in zip(policy.channels, sensors["channels"], strict=True)}
    taken = {key: f"stream.channels.{name}.sensor" for name, entry in by_channel.items() if entry
             for key in _pins(entry)}  # fmt: skip
    effects = {effect for action in policy.actions for effect in action.do if effect.startswith("pin:")}
    taken |= {effect[4:].partition("=")[0]: f"the action's {effect}" for effect in sorted(effects)}
    taken |= {str(channel.sensor.power_pin): f"stream.channels.{channel.name}.sensor.power_pin"
              for channel in policy.channels if channel.sensor and channel.sensor.power_pin is not None}  # fmt: skip
    if str(pin) in taken:
        raise InputError(
            f"{policy.path}: serial.pin: {pin} is the pin of {taken[str(pin)]}, too; expected another for the prompt"
        )


def _pins(entry: dict) -> list[str]:
    """Of a converter the pin it reads, of a bus its two wires."""
    keys = entry["keys"]
    return [str(keys[0])] if entry["driver"] == "adc" else [str(key) for key in keys[1:3]]
