"""How a board is kept in service: what lands in `service.json`, for main.py and the start to read."""

from motegate.firmware.boards import Board
from motegate.firmware.errors import InputError
from motegate.train.policy import Policy


def table(policy: Policy, board: Board, sensors: dict, replays: bool) -> dict:
    """The policy's service on a board. One that judges a replay is on a bench: anybody gets in, and nothing resets it.

    ``sensors``: as in sensors.json. InputError: the pin that opens the prompt is something else's, or the board cannot
    sleep as the policy has it.
    """
    service = vars(policy.service).copy()
    if replays:
        service |= {"repl": "open", "watchdog_ms": 0, "sleep": "none"}
    if service["sleep"] == "light" and board.no_light:
        raise InputError(f'{policy.path}: power.sleep: {board.name} has no "light": {board.no_light}; expected "none"')
    if service["pin"] is None or board.name != policy.board:
        service["pin"] = board.stop
    if service["repl"] == "pin" and service["pin"] is None:
        service["repl"] = "open"
    if service["repl"] == "pin":
        _alone(policy, service["pin"], sensors)
    return service


def _alone(policy: Policy, pin: int | str, sensors: dict) -> None:
    by_channel = {channel.name: entry for channel, entry in zip(policy.channels, sensors["channels"], strict=True)}
    taken = {key: f"stream.channels.{name}.sensor" for name, entry in by_channel.items() if entry
             for key in _pins(entry)}  # fmt: skip
    effects = {effect for action in policy.actions for effect in action.do if effect.startswith("pin:")}
    taken |= {effect[4:].partition("=")[0]: f"the action's {effect}" for effect in sorted(effects)}
    if str(pin) in taken:
        raise InputError(
            f"{policy.path}: serial.pin: {pin} is the pin of {taken[str(pin)]}, too; expected another for the prompt"
        )


def _pins(entry: dict) -> list[str]:
    """Of a converter the pin it reads, of a bus its two wires."""
    keys = entry["keys"]
    return [str(keys[0])] if entry["driver"] == "adc" else [str(key) for key in keys[1:3]]
