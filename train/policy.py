"""The policy: what a stream is, how its quality is defined, and what is done for each verdict."""

import tomllib
from pathlib import Path

from motegate.firmware.errors import InputError

from .policy_form import Action, Channel, DimensionRule, Model, Parent, Policy, StatusField
from .policy_reader import read

__all__ = [
    "Action",
    "Channel",
    "DimensionRule",
    "Model",
    "Parent",
    "Policy",
    "PolicyError",
    "StatusField",
    "load",
    "loads",
]


class PolicyError(InputError):
    """The policy is wrong: one line per fault, each with its key and what is allowed."""


def load(path: str | Path) -> Policy:
    """The policy in a TOML file, checked whole; PolicyError holds a line per fault."""
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read ({error.strerror}); a policy in TOML is wanted") from None
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path}: byte {error.start} is not UTF-8; a policy in TOML is wanted") from None
    return loads(text, path)


def loads(text: str, path: Path) -> Policy:
    """The policy in ``text``; files that it names are looked for beside ``path``."""
    try:
        data = tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{path}: is not TOML: {error}") from None
    except RecursionError:
        raise PolicyError(f"{path}: is not TOML: nested too deeply") from None
    lines: list[str] = []
    policy = read(data, path, lambda where, what: lines.append(f"{path}: {where}: {what}"))
    if lines:
        raise PolicyError(*lines)
    return policy
