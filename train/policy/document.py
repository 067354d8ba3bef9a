"""The policy: what a stream is, how its quality is defined, and what is done for each verdict."""

import tomllib
from pathlib import Path

from motegate.firmware.errors import InputError
from motegate.firmware.printable import printable

from .form import Action, Channel, DimensionRule, Model, Parent, Policy, StatusField
from .reader import read

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


LONGEST = 64 * 1024
"""Characters; the longest policy that somebody would write is a tenth of it, and reading one takes its square."""


MOST_FAULTS = 100


class PolicyError(InputError):
    """The policy is wrong: one line per fault, each with its key and what is allowed."""


def load(path: str | Path) -> Policy:
    """The policy in a TOML file, checked whole; PolicyError holds a line per fault."""
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read ({error.strerror}); expected a policy in TOML") from None
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path}: byte {error.start} is not UTF-8; expected a policy in TOML") from None
    return loads(text, path)


def loads(text: str, path: Path) -> Policy:
    """The policy in ``text``; files that it names are looked for beside ``path``."""
    if len(text) > LONGEST:
        raise PolicyError(f"{path}: has {len(text)} characters; at most {LONGEST}")
    try:
        data = tomllib.loads(text.replace("\r\n", "\n"))
    except ValueError as error:  # an integer of too many digits is a plain one
        raise PolicyError(f"{path}: is not TOML: {printable(str(error))}") from None
    except RecursionError:
        raise PolicyError(f"{path}: is not TOML: nested too deeply") from None
    lines: list[str] = []

    def note(where: str, what: str) -> None:
        lines.append(f"{path}: {where}: {what}")
        if len(lines) == MOST_FAULTS:
            raise PolicyError(*lines, f"{path}: and more; these {MOST_FAULTS} come first")

    policy = read(data, path, note)
    if lines:
        raise PolicyError(*lines)
    return policy
