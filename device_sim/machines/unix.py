"""Starts the real MicroPython VM on a bundle, with simulated hardware under it, and reads its serial line.

The VM sees a folder of its own that looks like the board's flash (gate/, and what it stores), this package's `board/`
ahead of its built-in modules, and the bundle's lib/ as its library.
"""

import atexit
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from io import BufferedReader
from pathlib import Path

import numpy as np
from motegate.convert.bundle import mpy
from motegate.firmware import vm
from motegate.firmware.device import layout
from motegate.firmware.device.boot.plan import FILES
from motegate.firmware.errors import InputError, RefusedError
from motegate.firmware.link import Decoder, Error, Frame, Text
from motegate.train.policy import Plan
from motegate.train.policy import plan as plans

BOARD = Path(__file__).parents[1] / "board"
SETTLE = 8  # windows after commissioning before the heap is looked at
MEASURE = 64  # windows with the collector off
RESET, ASLEEP = 3, 4  # exit status of a board that has reset itself, or sleeps deeply (board/machine.py)
OWN_KB = 16  # of heap for the simulated hardware and the runner, beside what the board's own code gets


@dataclass(frozen=True)
class World:
    """What the pins show: raw values (board/world.py); `pins` key -> column, `little`: low byte first; `live`: the path
    is a pipe."""

    path: Path
    pins: dict[str, int]
    little: tuple[str, ...] = ()
    live: bool = False


@dataclass
class Running:
    """A virtual board that runs. After the last frame: `seen`, what was noted of it, and `values`, the dimensions of
    every window, int16[n, columns], `regimes`, the regime of each, int16[n], and `bands`, the followed band's edges in
    counts, int16[n, channels, 2], where somebody tapped them."""

    plan: Plan
    folder: Path
    decoder: Decoder = field(default_factory=Decoder)
    seen: dict = field(default_factory=dict)
    values: np.ndarray | None = None
    regimes: np.ndarray | None = None
    bands: np.ndarray | None = None

    def frames(self) -> Iterator[Frame | Text]:
        """Everything on the line, in order, until the board ends; RefusedError when it does not end well."""
        raise NotImplementedError


@dataclass
class Launch(Running):
    """The unix VM: one process after the other, where it sleeps deeply."""

    command: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=self.environment,
        )  # fmt: skip

    def frames(self) -> Iterator[Frame | Text]:
        last = ""
        status = ASLEEP
        while status == ASLEEP:
            if self.process is None:
                self.start()
            assert self.process is not None
            assert isinstance(self.process.stdout, BufferedReader)
            with self.process.stdout as line:
                while data := line.read1(1 << 16):
                    for item in self.decoder.feed(data):
                        if isinstance(item.form, Error):
                            last = item.form.message
                        elif isinstance(item, Text) and item.text.strip():
                            last = item.text
                        yield item
            status = self.process.wait()
            self.process = None
        yield from self.decoder.flush()
        report = self.folder / "report.json"
        if status or not report.exists():
            how = "reset itself" if status == RESET else f"stopped with status {status}"
            raise RefusedError(f"the virtual board {how}: {last or 'it said nothing'}")
        self.seen = json.loads(report.read_text())
        tap = self.folder / "tap.bin"
        if tap.exists():
            columns, channels = len(self.plan.columns), len(self.plan.channels)
            tapped = np.fromfile(tap, "<i2").reshape(-1, columns + 1 + 2 * channels)
            self.values, self.regimes = tapped[:, :columns], tapped[:, columns]
            self.bands = tapped[:, columns + 1 :].reshape(-1, channels, 2)


@cache
def hardware() -> Path:
    """The simulated hardware as .mpy files: compiled here, once a process, it takes less of the VM's heap."""
    folder = Path(tempfile.mkdtemp(prefix="motegate-board-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for source in sorted(BOARD.glob("[!_]*.py")):
        mpy.compile(source, folder / source.with_suffix(".mpy").name, "x64", source.name)
    return folder


def plan_of(bundle: Path) -> Plan:
    """The plan in a bundle; InputError where there is none."""
    files = [bundle / "gate" / name for name in FILES]
    if not all(file.exists() for file in files):
        raise InputError(f"{bundle}: no bundle here; first: motegate build WORK --board {bundle.name}")
    return plans.read(*files)


@contextmanager
def launch(
    bundle: Path,
    *,
    replay: Path | None = None,
    world: World | None = None,
    start_ms: int = 0,
    commission: int | None = None,
    orders: Path | None = None,
    heap_kb: float = 256,
    tap: bool = True,
    settle: int | None = None,
    measure: int = MEASURE,
    wake_ms: int = 0,
    cuts: tuple[int, ...] = (),
    awake: bool = False,
) -> Iterator[Launch]:
    """A running virtual board; it is ended and its folder removed when the block is left.

    ``bundle``: a folder with lib/ and gate/. ``replay``: the records' file, or ``world`` for the board's own drivers.
    ``start_ms``: milliseconds since 1970. ``commission``: windows, in place of the plan's. ``orders``: what a person
    does meanwhile (operator.py). ``heap_kb``: of the VM, for the bundle alone. ``wake_ms``: that a start behind a deep
    sleep takes; ``cuts``: milliseconds from the start at which the power is cut, while it sleeps so; ``awake``: it
    waits awake, whatever its bundle says.
    """
    plan = plan_of(bundle)
    folder = Path(tempfile.mkdtemp(prefix="motegate-sim-"))
    running = Launch(
        plan,
        folder,
        command=(str(vm.find()), "-X", f"heapsize={int(heap_kb) + OWN_KB}k", "-m", "runner"),
        environment={**os.environ, "MICROPYPATH": f"{hardware()}:{(bundle / 'lib').resolve()}:.frozen"},
    )
    try:
        shutil.copytree(bundle / "gate", folder / "gate", ignore=shutil.ignore_patterns("replay.bin"))
        if awake:
            service = folder / "gate" / "service.json"
            service.write_text(json.dumps(json.loads(service.read_text()) | {"sleep": "none", "light": ""}))
        if replay is not None:
            os.symlink(replay.resolve(), folder / "gate" / "replay.bin")
        judged_from = plan.reference.windows if commission is None else commission
        job = {
            "root": "",
            "tap": "tap.bin" if tap else None,
            "band": [layout.READY, layout.REF_HEAD, layout.REF_STRIDE, layout.LO, layout.HI, len(plan.channels)],
            "world": str(world.path.resolve()) if world else None,
            "live": bool(world and world.live),
            "pins": world.pins if world else {},
            "little": list(world.little) if world else [],
            "start": [start_ms // 1000, start_ms % 1000],
            "commission": commission,
            "orders": str(orders.resolve()) if orders else None,
            "settle": judged_from + SETTLE if settle is None else settle,
            "measure": measure,
            "start_ms": wake_ms,
            "cuts": list(cuts),
            "report": "report.json",
        }
        (folder / "job.json").write_text(json.dumps(job))
        running.start()
        yield running
    finally:
        if running.process is not None:
            if running.process.poll() is None:
                running.process.kill()
            running.process.communicate()
        shutil.rmtree(folder, ignore_errors=True)
