"""A virtual board that a test has in hand: it is fed, runs for as long as it is told, and says what it makes of it.

The shipped bundle runs on the real VM with the policy's own sensor drivers, in virtual time: what the pins show comes
down a pipe, and the board waits there for more. It waits awake between its records: asleep it would judge alike
(tests/device_sim/test_deep_sleep.py), and take longer.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import numpy as np
from motegate.firmware.link import Frame, Hello, Text, Verdict
from motegate.train import policy as policies
from motegate.train import recording

from ..board import controls
from ..machines import World, launch
from ..wiring import Wires
from .duration import seconds

FAULTS = {"silent": controls.SILENT, "hang": controls.HANGING}
HEAD_BYTES = 8  # of a block (board/world.py)
HEAP_KB = 512
START_MS = 1_767_225_600_000
"""2026-01-01, where nothing else is said."""


class Session:
    """A board with WORK's bundle for the virtual board; use it as a context.

    ``commission``: windows to make the reference of, in place of the policy's; 0: the training's reference judges.
    ``frames``: everything it has said, ``verdicts``: of the windows judged so far, ``pins``: number -> level,
    ``now_s``: virtual seconds since its start.
    """

    def __init__(self, work: Path | str, commission: int | None = None, start_ms: int = START_MS):
        self.work = Path(work)
        self.policy = policies.load(self.work / "policy.toml")
        self.frames: list[Frame | Text] = []
        self.pins: dict[int | str, int] = {}
        self.now_s = 0.0
        self._wires = Wires(self.policy)
        self._commission = commission
        self._start_ms = start_ms
        self._most = (controls.PIPE - HEAD_BYTES) // (2 * len(self.policy.channels))
        self._fed: list[np.ndarray] = []
        self._fault_ends: float | None = None
        self._held = self._wires.nothing()
        self._stack = ExitStack()
        self._pipe: IO[bytes] | None = None
        self._items: Iterator[Frame | Text] = iter(())

    def __enter__(self) -> "Session":
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="motegate-session-")))
        os.mkfifo(folder / "world")
        at = World(folder / "world", self._wires.pins, self._wires.little, live=True)
        bundle = self.work / "firmware" / "UNIX"
        running = self._stack.enter_context(
            launch(
                bundle, world=at, start_ms=self._start_ms, commission=self._commission, heap_kb=HEAP_KB, tap=False,
                measure=0,
                awake=True,
            )
        )  # fmt: skip
        self._items = running.frames()
        self._pipe = self._stack.enter_context(os.fdopen(os.open(folder / "world", os.O_RDWR), "wb", buffering=0))
        self._pipe.write(np.array([len(self.policy.channels)], "<u4").tobytes())
        self._listen()
        return self

    def __exit__(self, *of_what) -> None:
        if self._pipe is not None:
            with contextlib.suppress(OSError):
                self._control(controls.END)
        self._stack.close()

    @property
    def verdicts(self) -> list[Verdict]:
        return [item.form for item in self.frames if isinstance(item.form, Verdict) and item.form.action is not None]

    @property
    def fed_s(self) -> float:
        """Seconds of what was fed, and has not run yet."""
        return sum(map(len, self._fed)) * self.policy.period_ms / 1000

    @property
    def hello(self) -> Hello:
        return next(item.form for item in self.frames if isinstance(item.form, Hello))

    def feed(self, data: Path | str | np.ndarray | Iterable) -> "Session":
        """What the sensors see next, a record a period: a CSV, or an array of values in the channels' units, (n,) or
        (n, channels); NaN: the converter holds the value before. Nothing runs yet."""
        if isinstance(data, Path | str):
            counts = recording.read(self.policy, [Path(data)]).counts
        else:
            values = np.asarray(data if isinstance(data, np.ndarray) else list(data), float)
            values = values.reshape(len(values), -1)
            if values.shape[1] != len(self.policy.channels):
                raise ValueError(f"{values.shape[1]} columns, expected {len(self.policy.channels)}, one a channel")
            pairs = zip(self.policy.channels, values.T, strict=True)
            counts = np.stack([channel.count(column) for channel, column in pairs], axis=1)
        raw = self._wires.held(np.asarray(counts), self._held)
        if len(raw):
            self._held = raw[-1]
        self._fed.append(raw)
        return self

    def run(self, span: float | str | None = None) -> list[Verdict]:
        """Lets so much time pass, or all that was fed; the verdicts given meanwhile. ValueError: too little was fed."""
        left = sum(map(len, self._fed))
        count = left if span is None else round(1000 * seconds(span) / self.policy.period_ms)
        if count > left:
            raise ValueError(f"{count} records to run, and {left} of them fed")
        before = len(self.verdicts)
        rows = np.concatenate(self._fed) if self._fed else np.zeros((0, len(self.policy.channels)), np.int64)
        self._fed = [rows[count:]]
        at = 0
        while at < count:
            at += self._send(rows[at : min(count, at + self._most)])
        return self.verdicts[before:]

    def fault(self, how: str, for_: float | str | None = None) -> "Session":
        """From the next record on every sensor is "silent" (its reading raises) or "hang"s (it raises after a second);
        for so long, or until "none"."""
        if how != "none" and how not in FAULTS:
            raise ValueError(f"{how!r} is no fault; expected none, {', '.join(FAULTS)}")
        self._control(FAULTS.get(how, controls.WELL))
        self._fault_ends = None if for_ is None else self.now_s + seconds(for_)
        return self

    def expect_action(self, name: str, within: float | str | None = None) -> Verdict:
        """Runs until a window's action is that, at most so long (all that was fed); AssertionError: it never was."""
        names = [action.name for action in self.policy.actions]
        if name not in names:
            raise ValueError(f"{name!r} is no action of this policy; expected {', '.join(names)}")
        return self._expect(lambda verdict: verdict.action == names.index(name), f"action {name}", within)

    def expect_verdict(self, parent: str, passes: bool, within: float | str | None = None) -> Verdict:
        """Runs until a window of ``parent`` passes, or fails; as ``expect_action``."""
        names = list(self.policy.classifiers)
        if parent not in names:
            raise ValueError(f"{parent!r} has no verdict of its own; expected {', '.join(names)}")
        k = names.index(parent)
        return self._expect(
            lambda v: bool(v.passes[k]) == passes, f"{parent} {'passes' if passes else 'fails'}", within
        )

    def _expect(self, holds, what: str, within: float | str | None) -> Verdict:
        hop_s = self.policy.hop * self.policy.period_ms / 1000
        left_s = self.fed_s if within is None else seconds(within)
        began, seen = self.now_s, []
        while left_s > 1e-9:
            for verdict in self.run(min(hop_s, left_s)):
                if holds(verdict):
                    return verdict
                seen.append(verdict)
            left_s -= hop_s
        names = [action.name for action in self.policy.actions]
        said = ", ".join(dict.fromkeys(names[verdict.action] for verdict in seen if verdict.action is not None))
        raise AssertionError(
            f"{what}: not within {self.now_s - began:g} s; {len(seen)} windows were judged: {said or 'no action'}"
        )

    def _send(self, rows: np.ndarray) -> int:
        """A block, up to where a fault ends; how many of its rows."""
        period_s = self.policy.period_ms / 1000
        if self._fault_ends is not None:
            until = max(0, round((self._fault_ends - self.now_s) / period_s))
            if not until:
                self._control(controls.WELL)
                self._fault_ends = None
            else:
                rows = rows[:until]
        assert self._pipe is not None
        head = np.array([len(rows), self.policy.period_ms], "<u4")
        self._pipe.write(head.tobytes() + rows.astype("<u2").tobytes())
        self.now_s += len(rows) * period_s
        self._listen()
        return len(rows)

    def _control(self, code: int) -> None:
        assert self._pipe is not None
        self._pipe.write(np.array([0, code], "<u4").tobytes())

    def _listen(self) -> None:
        """Until the board asks for more."""
        for item in self._items:
            if isinstance(item, Text) and item.text.startswith(controls.MORE):
                levels = json.loads(item.text[len(controls.MORE) :])
                self.pins = {int(pin) if pin.lstrip("-").isdigit() else pin: level for pin, level in levels.items()}
                return
            self.frames.append(item)
        raise RuntimeError(f"the virtual board has ended: {self.frames[-1] if self.frames else 'it said nothing'}")
