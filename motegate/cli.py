"""The command line: parses, calls one function of a package, prints what it returns.

Nothing heavy is imported here, so that `motegate --help` answers at once: each command imports its package when it
runs. Exit status 0: done; 1: the answer is no; 2: the input or the usage is wrong, a line for each fault.
"""

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from . import __version__, commands
from .firmware.errors import InputError, RefusedError
from .firmware.printable import printable

VMS = ("micropython", "cpython", "numpy")


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the usage in one line."""

    def error(self, message: str):
        command = self.prog.removeprefix("motegate").strip()
        where = f"{command}: " if command else ""
        print(f"motegate: error: {where}{message} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


def main(argv: list[str] | None = None) -> int:
    """Runs one command; returns its exit status."""
    args = parser().parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's own talk is not ours
    try:
        return args.run(args) or 0
    except InputError as error:
        return _say(error.lines, 2)
    except RefusedError as error:
        return _say(str(error).splitlines() or ["refused"], 1)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("motegate"):
            raise
        return _say([_not_installed(error.name or str(error), args.extras)], 2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at its end
        return 141
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _say([f"{where}{error.strerror or error}"], 2)


def _not_installed(module: str, extras: Sequence[str]) -> str:
    """All that is missing for a command, and the one command that installs it."""
    from .extras import missing

    packages, bringing = missing(extras, module)
    if not packages:
        return f"{module}: not installed, or damaged; install again: pip install --force-reinstall motegate"
    return f"{', '.join(packages)}: not installed; install with: pip install 'motegate[{','.join(bringing)}]'"


def _say(lines: list[str], status: int) -> int:
    for line in lines:
        print(f"motegate: error: {printable(line)}", file=sys.stderr)  # a board's last words, say
    return status


def _share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"is {text}; expected a number from 0 to 1")
    return value


def _positive(kind: type) -> Callable[[str], int | float]:
    """A number above 0, and no infinite one."""

    def number(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"is {text}; expected a {'whole ' if kind is int else ''}number above 0")
        return value

    return number


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 1 << 31:
        raise argparse.ArgumentTypeError(f"is {text}; expected a whole number from 0 to {(1 << 31) - 1}")
    return int(text)


def _search(text: str) -> tuple[str, int]:
    """("trials", n) or ("seconds", n)."""
    found = re.fullmatch(r"(\d{1,6})([smh]?)", text)
    if not found or int(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"is {text}; expected so many trials, as 40, or a time, as 90s, 2m or 1h")
    if not found[2]:
        return "trials", int(found[1])
    return "seconds", int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]


def parser() -> Parser:
    """The whole usage: one subparser a command."""
    top = Parser(
        prog="motegate",
        description="A data-quality gate for battery-powered sensor nodes, learned on the host and run in MicroPython.",
        epilog="Begin with: motegate demo. Someone's own data: motegate init --data FILE.csv",
    )
    top.add_argument("--version", action="version", version=f"motegate {__version__}")
    verbs = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)

    def verb(
        name: str, run, line: str, *, extras: Sequence[str] = (), work: bool = False, data: str | None = None,
        json: bool = True,
    ) -> Parser:  # fmt: skip
        p = verbs.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
        p.set_defaults(run=run, extras=extras)
        if work:
            p.add_argument("work", metavar="WORK", type=Path, help="the work folder that `motegate train` made")
        if data is not None:
            p.add_argument(
                "--data", metavar="FILE", type=Path, nargs="+", required=data == "required", action="extend",
                default=None, help="the recording: CSV or Parquet, several are read one after the other",
            )  # fmt: skip
        if json:
            p.add_argument("--json", action="store_true", help="print the result as JSON")
        return p

    def out(p: Parser, default: str | None, line: str):
        p.add_argument("--out", metavar="PATH", type=Path, default=default and Path(default), required=default is None,
                       help=line + (f" (default: {default})" if default else ""))  # fmt: skip

    def accepting(p: Parser):
        p.add_argument("--accept-failing", metavar="PARENT", action="append", default=[],
                       help="ship it though it fails its robustness test; needs --because")  # fmt: skip
        p.add_argument("--because", metavar="WHY", default="", help="why: it goes into the manifest, with your name")

    p = verb("init", commands.init, "write a first policy for a recording", extras=["train"])
    p.add_argument("--data", metavar="FILE", type=Path, required=True, help="the recording: CSV or Parquet")
    out(p, "policy.toml", "the policy to write")
    p.add_argument("--force", action="store_true", help="replace a policy that is there")

    p = verb("check", commands.check, "is the policy right, and does the recording fit it", extras=["train"],
             data="optional")  # fmt: skip
    p.add_argument("policy", metavar="POLICY", type=Path)

    p = verb("demo", commands.demo, "everything below but flash, on a bundled recording", extras=["train", "sim"])
    out(p, "motegate-demo", "the folder for all that it makes")

    p = verb("train", commands.train, "learn the reference and a classifier per parent", extras=["train"],
             data="required")  # fmt: skip
    p.add_argument("policy", metavar="POLICY", type=Path)
    p.add_argument("--seed", metavar="N", type=_seed, help="in place of the policy's")
    p.add_argument("--search", metavar="HOW-LONG", type=_search,
                   help="how each parent's network is trained best: so many trials (40) or so long (90s, 2m, 1h); "
                   "ended early, it goes on with the same command")  # fmt: skip
    p.add_argument("--synthetic-only", action="store_true",
                   help="learn from injected faults alone; labelled windows are left out")  # fmt: skip
    accepting(p)
    p.add_argument("--require", metavar="SHARE", type=_share,
                   help="exit status 1 unless each parent finds this share of its faults at 4 x limit")  # fmt: skip
    out(p, "work", "the work folder")

    p = verb("convert", commands.convert, "int8 models, verified against TensorFlow Lite Micro, and packs",
             extras=["train"], work=True)  # fmt: skip
    accepting(p)

    p = verb("build", commands.build, "the bundle for a board", work=True)
    accepting(p)
    p.add_argument("--board", metavar="NAME", help="MicroPython's name of the board (default: the policy's)")
    p.add_argument("--replay", metavar="FILE", type=Path, nargs="+", default=[],
                   help="recordings that the board judges in place of its sensors: a test on the bench")  # fmt: skip

    p = verb(
        "simulate", commands.simulate, "run the bundle on the virtual board", extras=["sim"], work=True, data="optional"
    )
    p.add_argument("--board", metavar="NAME", help="whose currents the energy is reckoned with (default: the policy's)")
    p.add_argument("--vm", choices=("micropython", "pico"), default="micropython",
                   help="the unix VM, or an emulated Raspberry Pi Pico (slow)")  # fmt: skip
    p.add_argument("--drivers", choices=("replay", "board"), default="replay",
                   help="records from a file, or through the board's own drivers over simulated hardware")  # fmt: skip
    p.add_argument(
        "--heap", metavar="KB", type=_positive(int), help="of the VM (default: twice the board's, as its words are)"
    )
    p.add_argument("--battery-mwh", metavar="N", type=_positive(float),
                   help="what the battery holds (default: as the policy's kind of battery does)")  # fmt: skip
    p.add_argument("--labels", metavar="CSV", type=Path, help="what a person says of windows: timestamp (of the newest "
                   "record), parent, label (good or bad), optional delay (windows, default 16)")  # fmt: skip
    p.add_argument("--order", metavar="WHAT@TIME", action="append", default=[],
                   help="what the operator does: adapt or rollback, as in adapt@2026-03-01T12:00:00Z")  # fmt: skip
    p.add_argument("--scenario", metavar="TOML", type=Path, nargs="+", action="extend", default=[],
                   help="in place of a recording: what the board sees, what fails, what is expected; exit status 1 "
                   "where that is not met (docs/testing.md)")  # fmt: skip
    p.add_argument("--jobs", metavar="N", type=_positive(int), default=1, help="scenarios at once (default: 1)")
    out(p, "sim", "folder for events.jsonl, summary.json and report.html; of scenarios: junit.xml")

    p = verb("features", commands.features, "the dimensions of each window, integers as on the device", extras=["sim"],
             work=True, data="required", json=False)  # fmt: skip
    p.add_argument("--vm", choices=VMS, default="micropython", help="who computes them (default: micropython)")
    out(p, None, "the CSV to write")

    p = verb("evaluate", commands.evaluate, "verdicts against the recording's fail.<parent> columns", extras=["sim"],
             work=True, data="required")  # fmt: skip
    p.add_argument("--vm", choices=VMS, default="numpy", help="who computes them (default: numpy)")
    p.add_argument("--labels", metavar="CSV", type=Path, help="of a policy that adapts: what a person says of windows, "
                   "as for simulate")  # fmt: skip
    p.add_argument("--out", metavar="JSON", type=Path, help="write the result here too")

    p = verb("infer", commands.infer, "any int8 .tflite of dense layers on the device's interpreter", extras=["train"],
             json=False)  # fmt: skip
    p.add_argument("model", metavar="MODEL.tflite", type=Path)
    p.add_argument("--data", metavar="NPY", type=Path, required=True, help="int8[n, inputs]")
    p.add_argument("--vm", choices=VMS[:2], default="micropython", help="who computes it (default: micropython)")
    out(p, None, "the .npy to write: int8[n, outputs]")

    p = verb("flash", commands.flash, "put the bundle on a board, verified", work=True)
    p.add_argument("--board", metavar="NAME", help="MicroPython's name of the board (default: the policy's)")
    p.add_argument("--port", metavar="PORT", help="the serial port (default: the only board there is)")

    p = verb("monitor", commands.monitor, "show what a board says; leave with Ctrl-]", json=False)
    p.add_argument("--port", metavar="PORT", help="the serial port (default: the only board there is)")
    p.add_argument("--log", metavar="FILE", type=Path, help="append each line to this file")
    p.add_argument("--plain", action="store_true",
                   help="lines for a pipe: leaves the terminal alone and reads no keys; end with Ctrl-C")  # fmt: skip

    for name, line in (
        ("status", "how a board does: its windows, its heap, its errors"),
        ("time", "give a board this host's time"),
        ("dump", "what lies on a board: its state, its stored windows, the window in its ring"),
        ("stop", "end the gate of a board: its prompt is open until the next reset"),
    ):
        p = verb(name, getattr(commands, name), line, json=name == "status")
        p.add_argument("--port", metavar="PORT", help="the serial port (default: the only board there is)")
        if name == "dump":
            out(p, None, "the folder for state.bin, windows.bin and window.json")

    p = verb("adapt", commands.adapt, "confirm to a board that what has changed is good, or label one of its windows",
             json=False)  # fmt: skip
    p.add_argument("--window", metavar="TIME", help="of the newest record of a window, as its verdict has it")
    p.add_argument("--parent", metavar="NAME", help="whose verdict the label is about")
    p.add_argument("--label", choices=("good", "bad"))
    p.add_argument("--port", metavar="PORT", help="the serial port (default: the only board there is)")

    p = verb("rollback", commands.rollback, "take a board back to its reference before the last that was taken over",
             json=False)  # fmt: skip
    p.add_argument("--port", metavar="PORT", help="the serial port (default: the only board there is)")
    return top
