"""The emulated Pico as the virtual board: a bundle made for the run, flashed over its serial line and listened to.

It comes from the same work folder; the records must be in it, and commissioning may be another. Slow, and 32 bits wide:
it shows that the code which the unix VM runs at speed is true on the real thing.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import serial
from motegate.convert.bundle import build
from motegate.firmware.errors import InputError, RefusedError
from motegate.firmware.link import (
    Error,
    Frame,
    Health,
    Hello,
    RawRepl,
    Text,
    clock_of,
    connect,
    patient,
    put,
    send,
)
from motegate.train import policy as policies
from motegate.train.policy import plan as plans
from motegate.train.work import copy_policy

from .pico import Pico
from .unix import Running, World, plan_of

ORDERS = Path(__file__).parents[1] / "board" / "orders.py"
PATIENCE_S = 300.0  # of its own time, for one frame
BREAK, RESET = b"\r\x03\x03", b"\x04"
PERSON = """
import gc
from json import dumps
print()
from motegate import main
from motegate.clock import Clock
from motegate.frames import Writer
from motegate.hal import Hal
from orders import Orders
hal = Hal(Clock())
writer = Writer(hal.write)
gate = main.build("/", hal, writer)
orders = Orders("orders.bin", gate)
gate.readers.append(orders)
gc.collect()
main.loop(gate, hal, writer)
print(dumps(orders.seen()))
"""
"""What main.py does, with somebody at the board (board/orders.py)."""


@dataclass
class Emulated(Running):
    """The Pico on its port; nobody taps it, so there are no values. ``person``: somebody sits at it."""

    port: str = ""
    person: bool = False

    def frames(self) -> Iterator[Frame | Text]:
        """Everything on the line from the soft reset to the last health frame."""
        heaps: list[int] = []
        with self._begun() as line:
            greeted = False
            while data := line.read(1) + line.read(line.in_waiting):
                for item in self.decoder.feed(data):
                    greeted = greeted or isinstance(item.form, Hello | Error)
                    if not greeted:
                        continue  # the REPL's own words on its reset
                    yield item
                    if isinstance(item.form, Health):
                        heaps.append(item.form.heap)
                        if item.form.end:
                            self._note(item.form, heaps)
                            if self.person:
                                self.seen |= _last_word(line)
                            return
        raise RefusedError(f"the emulated Pico said nothing for {PATIENCE_S:.0f} s")

    @contextmanager
    def _begun(self) -> Iterator[serial.Serial]:
        """The line of a board that has begun to judge."""
        if self.person:
            link = RawRepl(self.port)
            patient(link.serial, clock_of(self.port), PATIENCE_S)
            try:
                link.enter_raw_repl()
                link.exec_raw_no_follow(PERSON)
                yield link.serial
            finally:
                link.close()
            return
        with serial.Serial(self.port) as line:
            patient(line, clock_of(self.port), PATIENCE_S)
            line.write(BREAK + RESET)
            yield line

    def _note(self, health: Health, heaps: list[int]) -> None:
        self.seen = {
            "free_start": heaps[0],
            "free_end": heaps[-1],
            "missed": health.gap,
            "measured": -1,
            "windows": health.windows,
        }


def _last_word(line: serial.Serial) -> dict:
    """What somebody at the board saw: JSON, before the raw REPL's end of what was printed."""
    text = b""
    while not text.endswith(RESET):
        byte = line.read(1)
        if not byte:
            raise RefusedError("the emulated Pico did not say what became of labels and orders")
        text += byte
    return json.loads(text[: -len(RESET)])


@contextmanager
def launch(
    bundle: Path,
    *,
    replay: Path | None = None,
    world: World | None = None,
    start_ms: int = 0,
    commission: int | None = None,
    orders: Path | None = None,
    heap_kb: float = 0,
) -> Iterator[Emulated]:
    """A booted Pico with the bundle and the records on it; ``start_ms`` and ``heap_kb`` are its own affair."""
    if replay is None:
        raise InputError("--drivers board: the emulated Pico has no simulated sensors; allowed: replay")
    folder = Path(tempfile.mkdtemp(prefix="motegate-pico-"))
    try:
        _stand_in(bundle.parents[1], folder, commission)
        build(folder, bundle.name, replay)
        with Pico() as pico:
            put(folder / "firmware" / bundle.name, bundle.name, pico.port)
            if orders is not None:
                with connect(pico.port) as link:
                    send(link, {"orders.py": ORDERS.read_bytes(), "orders.bin": orders.read_bytes()}, lambda size: None)
                    link.exit_raw_repl()
            plan = plan_of(folder / "firmware" / bundle.name)
            yield Emulated(plan, folder, port=pico.port, person=orders is not None)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stand_in(work: Path, folder: Path, commission: int | None) -> None:
    """A work folder from which a bundle with the records in it can be built, leaving the real one alone."""
    copy_policy(policies.load(work / "policy.toml"), folder)
    if (work / "split.json").exists():
        shutil.copyfile(work / "split.json", folder / "split.json")
    shutil.copytree(work / "convert", folder / "convert")
    if commission is not None:
        path = folder / "convert" / "plan.json"
        plans.read(path).commissioned_on(commission).write(path)
