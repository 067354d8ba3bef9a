"""A hostile line into a board that judges: random bytes and frames altered in every way, true commands between them."""

import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

from motegate.convert import bundle
from motegate.device_sim.machines.unix import hardware
from motegate.firmware import vm
from motegate.firmware.link.commands import encode
from motegate.firmware.link.decoder import Decoder, Frame
from motegate.firmware.link.frames import Ack, Health, Verdict

from tests.firmware import handmade

SCRIPT = Path(__file__).with_name("hostile_vm.py")
POLICY = handmade.ONE_CHANNEL + '[serial]\nrepl = "key"\ncommands = "key"\n'
KEY = bytes(range(32))
HEAP = "256k"
BATCH = 500  # hostile frames between two looks at what the board has made of them
PATIENCE_S = 120.0
SETTLED = 20  # looks at the interned names, at least
NAMES = re.compile(r"qstr pool: .*n_qstr=(\d+)")
CHANGING = ("time", "dump", "stop")


@dataclass
class Seen:
    """What the board has said so far."""

    acks: dict[int, Ack] = field(default_factory=dict)
    kinds: Counter = field(default_factory=Counter)
    accepted: int = 0  # commands that change something or give something away
    heaps: list[int] = field(default_factory=list)
    names: list[int] = field(default_factory=list)  # interned, since commissioning is over and has loaded what it needs
    verdicts: int = 0
    judged: bool = False
    damaged: int = 0
    odd: list[str] = field(default_factory=list)


class Hostile:
    """The board's process, and what comes from it; ``frames``: hostile ones so far."""

    def __init__(self, folder: Path, seed: int):
        self.random = random.Random(seed)
        self.seen = Seen()
        self.sent = self.n = self.authentic = 0
        self.challenge = ""
        self._health: Health | None = None  # the frame before
        self._old: list[bytes] = []
        self._news = threading.Condition()
        made = bundle.build(handmade.work(folder / "work", POLICY), "UNIX").folder
        root = folder / "board"
        shutil.copytree(made / "gate", root / "gate")
        (root / "key").write_bytes(KEY)
        (root / "run_it.py").write_text(SCRIPT.read_text())
        path = f"{hardware()}:{made / 'lib'}:.frozen"
        self.process = subprocess.Popen(
            [str(vm.find()), "-X", f"heapsize={HEAP}", "run_it.py"], cwd=root, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env={**os.environ, "MICROPYPATH": path},
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        decoder = Decoder()
        assert self.process.stdout is not None
        while data := self.process.stdout.read1(65536):
            with self._news:
                for item in decoder.feed(data):
                    self._note(item)
                self.seen.damaged = decoder.damaged + decoder.lost
                self._news.notify_all()

    def _note(self, item) -> None:
        seen = self.seen
        if self._health and not isinstance(item.form, Ack):  # the loop's own: the stack is as deep each time
            seen.heaps.append(self._health.heap)
        self._health = item.form if isinstance(item.form, Health) else None
        match item.form:
            case Ack() as ack:
                seen.acks[ack.re] = ack
                seen.kinds[f"{ack.of if ack.ok else 'refused'}"] += 1
                seen.accepted += ack.ok and ack.of in CHANGING
                self.challenge = ack.challenge or self.challenge
            case Health() as health:
                if not health.adds_up:
                    seen.odd.append("counts that do not add up")
            case Verdict() as verdict:
                seen.verdicts += 1
                seen.judged = seen.judged or verdict.action is not None
            case _ if not isinstance(item, Frame) and (found := NAMES.search(repr(item))):
                if seen.judged:
                    seen.names.append(int(found[1]))
            case _:
                if not isinstance(item, Frame) or item.kind in ("error", "recovered"):
                    seen.odd.append(repr(item)[:200])

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def batch(self) -> None:
        """Hostile frames with true ones between them, all of which are answered: the last is authenticated."""
        expected = []
        data = bytearray()
        for k in range(BATCH):
            data += self._hostile() + b"\n"
            self.sent += 1
            if k % 100 == 50:
                expected.append(self._number())
                data += encode("status", expected[-1], {})
        self.write(bytes(data))
        for n in expected:
            self._answered(n)
        if not self.challenge:
            n = self._number()
            self.write(encode("time", n, {"t": [1, 0]}))
            self._answered(n)
        n = self._number()
        fields = {"t": [150_000_000 + self.sent, 0]}
        line = encode("time", n, fields, KEY, self.challenge)
        self._old = [*self._old[-20:], line]
        self.write(b"\n" + line)
        self.authentic += 1
        if not self._answered(n).ok:
            self.seen.odd.append("a true command was refused")

    def _number(self) -> int:
        """A number that no altered frame comes by."""
        self.n += 1
        return self.random.randrange(1 << 27, 1 << 28)

    def _answered(self, n: int) -> Ack:
        with self._news:
            if not self._news.wait_for(lambda: n in self.seen.acks, PATIENCE_S):
                raise RuntimeError(f"command {n} was not answered; the board's status: {self.process.poll()}")
            return self.seen.acks.pop(n)

    def _hostile(self) -> bytes:
        """One line without its newline."""
        choose = self.random
        how = choose.randrange(8)
        if how == 0:
            return choose.randbytes(choose.randrange(400)).replace(b"\n", b"")
        if how == 1 and self._old:  # a replay, as it was
            return choose.choice(self._old)[:-1]
        body = bytearray(self._true())
        if how == 2:  # a forged MAC
            body = bytearray(json.loads(body) and body[:-1] + b',"mac":"' + choose.randbytes(32).hex().encode() + b'"}')
        else:
            for _ in range(choose.randrange(1, 4)):
                self._alter(body)
        text = bytes(body).replace(b"\n", b"")
        if how < 6:  # altered first, then framed: the CRC is right
            return text + b"\t%08x" % crc32(text)
        line = bytearray(text + b"\t%08x" % crc32(self._true()))
        return bytes(line[: choose.randrange(len(line) + 1)])

    def _true(self) -> bytes:
        choose = self.random
        if self._old and choose.randrange(3) == 0:
            return choose.choice(self._old)[:-10]
        n = choose.randrange(1 << 28, 1 << 29)  # never one of the true ones'
        kind = choose.choice(["hello?", "status", "time", "dump", "stop", "label", "rollback"])
        fields: dict = choose.choice([{}, {"t": [1, 2]}, {"what": "state", "at": 0}, {"what": "store"}])
        return encode(kind, n, fields)[:-10]

    def _alter(self, body: bytearray) -> None:
        choose = self.random
        at = choose.randrange(len(body) + 1)
        how = choose.randrange(5)
        if how == 0 and at < len(body):
            body[at] ^= 1 << choose.randrange(8)
        elif how == 1:
            del body[at : at + choose.randrange(1, 9)]
        elif how == 2:
            body[at:at] = choose.randbytes(choose.randrange(1, 9))
        elif how == 3:
            body[at:at] = choose.choice([b"[" * 60, b"{", b'"', b"\\\\u0000", b"1e999", b"-", b"9" * 40, b',"n":1'])
        else:
            body[at:at] = body[choose.randrange(len(body) + 1) :][:40]


def campaign(folder: Path, frames: int, seed: int = 1) -> dict:
    """What a board made of so many hostile frames, or of as many more as it takes until commissioning is well over.

    ``lost``: what less is free in the last quarter than in the first, at the most in each: where no stale word on the
    stack holds what obeyed the last command. ``names``: what more is interned at the end than in the middle.
    """
    line = Hostile(folder, seed)
    try:
        while line.sent < frames or len(line.seen.names) < SETTLED:
            line.batch()
    finally:
        with contextlib.suppress(OSError):
            line.process.stdin.close()  # type: ignore[union-attr]
        alive = line.process.poll() is None
        line.process.kill()
        line.process.wait()
        line._reader.join()
    seen = line.seen
    part = max(1, len(seen.heaps) // 4)
    late = seen.names[len(seen.names) // 2 :]  # by its beginning each command was loaded once
    return {
        "frames": line.sent,
        "alive": alive,
        "true": line.n,
        "authentic": line.authentic,
        "accepted": seen.accepted,
        "answers": dict(seen.kinds),
        "verdicts": seen.verdicts,
        "damaged": seen.damaged,
        "lost": max(seen.heaps[:part], default=0) - max(seen.heaps[-part:], default=0),
        "names": late[-1] - late[0],
        "odd": seen.odd,
    }
