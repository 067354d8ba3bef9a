"""The command line of the examples whose recordings are made with faults in them."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from motegate.firmware.errors import InputError


class Named(Protocol):
    """A fault."""

    @property
    def name(self) -> str: ...


Fault = TypeVar("Fault", bound=Named)


def main(
    what: str, days: int, faults: Sequence[Fault], record: Callable[[int, int, Sequence[Fault]], Iterator[str]]
) -> None:
    """Writes what ``record`` makes of days, seed and the chosen ``faults``; ``days``: the default."""
    parser = argparse.ArgumentParser(description=f"Makes a recording of {what}.")
    parser.add_argument("--out", type=Path, required=True, help="the CSV to write")
    parser.add_argument("--days", type=int, default=days, help=f"default: {days}")
    parser.add_argument("--seed", type=int, default=1, help="default: 1")
    parser.add_argument("--faults", action="store_true", help="every fault, an episode each, labelled")
    parser.add_argument("--fault", choices=[fault.name for fault in faults], action="append", help="only this one")
    args = parser.parse_args()
    if args.days < 1:
        parser.error(f"--days is {args.days}; expected 1 or more")
    chosen = [fault for fault in faults if args.faults or fault.name in (args.fault or ())]
    try:
        lines = list(record(args.days, args.seed, chosen))
        args.out.write_text("\n".join(lines) + "\n", newline="\n")
    except InputError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"{args.out}: cannot be written ({error.strerror})")
    print(f"{args.out}: {len(lines) - 1} rows, {len(chosen)} faults")
