"""The state of a board that goes on after a reset: its counts and the reference as it has been followed, in two slots.

``state.0`` and ``state.1``, little-endian: int32[STATE_SIZE] head and counts (layout.py), the reference's array (int32)
and its prototypes (int16), what the drift watch and the adaptation keep, CRC-32 of all before. A write goes to the slot
that does not hold the newest, so that a power cut in its middle leaves that one whole; the sequence number says which
it is. boot/kept.py reads them.

Writing allocates nothing: both files stay open, as littlefs makes what was written valid when it is flushed.
"""

import gc
from array import array

from ..compat import const
from ..frames import Checksum
from ..layout import (
    STATE_BODY,
    STATE_BUNDLE,
    STATE_CAUSE,
    STATE_ROW,
    STATE_SECONDS,
    STATE_SEQUENCE,
    STATE_SIZE,
    STATE_TRIES,
    STATE_UPTIME,
    STATE_WINDOWS,
    STATE_WRITES,
    TRIED,
    UNFORESEEN,
)
from ..modules import load, unload

_HEAD_BYTES = const(4 * STATE_SIZE)
_PIECE = const(64)  # bytes copied at once
_LAST = const((1 << 29) - 1)
_DAY = const(86400)
_DISTRUST = const(3)  # resets in a row: the next start is a safe one
_QUIET = const(600)  # seconds without a reset after which a bad time is over; safe mode lasts as long
_OCTAVES = const(7)  # ... and up to so many octaves longer: 21 hours


class Summed(Checksum):
    """A file of pieces with the CRC-32 of them all at its end."""

    def __init__(self, file):
        Checksum.__init__(self)
        self.file = file

    def begin(self, at):
        """The pieces come from ``at`` on."""
        self.file.seek(at)
        self.start()

    def put(self, piece, size):
        """Writes all of ``piece``, of ``size`` bytes."""
        self.file.write(piece)
        self.add(piece, size)

    def end(self):
        """The CRC, and the file is valid."""
        self.sum()
        self.file.write(self.tail)
        self.file.flush()


class State:
    """What is kept of a board from start to start, and when.

    ``counts`` int32[STATE_SIZE]: the head and the counts, the hardware layer's own. ``slots``: two Summed files, or
    none where nothing is kept. ``every``: seconds from one write to the next. ``bundle``: what the reference belongs
    to, a number of 30 bits. ``safe``: 1 in safe mode. ``kept``: 1 where the reference of the start before goes on.
    ``write_at``, ``test_at``: uptimes from which on the next write and the next self-test are due.

    Until ``take`` says whose reference it is, a write carries on what the newest slot holds of one.
    """

    def __init__(self, counts, slots, every):
        self.counts = counts
        self.bundle = self.safe = self.kept = 0
        self.due = 0
        self._slots = slots
        self._every = every
        self.write_at = every
        self.test_at = _DAY
        self._piece = bytearray(_PIECE)
        self._reference = None
        self._parts = ()
        self._sizes = array("H")

    def fits(self, size):
        """Whether the newest slot holds a reference of this bundle's and all that belongs to it, ``size`` bytes."""
        return self._slots and self.counts[STATE_BODY] == size and self.counts[STATE_BUNDLE] == self.bundle

    def holds(self):
        """Whether the newest slot holds a reference at all."""
        return self.counts[STATE_BODY] > 0

    def take(self, reference, others, kept):
        """From now on the state of ``reference`` is kept, and the ``others``: (array, bytes) of each. ``kept``: all
        goes on where the newest slot has it."""
        parts = [(reference.array, 4 * len(reference.array))]
        if reference.regimes:
            parts.append((reference.regimes.prototypes, 2 * len(reference.regimes.prototypes)))
        parts += others
        self._parts = [part for part, _ in parts]
        self._sizes = array("H", [size for _, size in parts])
        self.kept = 1 if kept else 0
        if kept:
            file = self._newest().file
            file.seek(_HEAD_BYTES)
            for part in self._parts:
                file.readinto(part)
        self._reference = reference

    def hurry(self):
        """Something was learned that is worth a write now."""
        self.due = self.write_at = 0

    def tend(self, gate, hal):
        """What is due by the clock: a write, the end of a bad time or of safe mode."""
        counts = self.counts
        up = hal.clock.uptime
        quiet = _QUIET << min(counts[STATE_TRIES], _OCTAVES) if self.safe else _QUIET
        if up >= quiet and self.safe:
            counts[STATE_TRIES] += 1
            counts[STATE_CAUSE] = TRIED
            self.save(gate, hal)
            hal.reset()
        if up >= quiet and (counts[STATE_ROW] or counts[STATE_TRIES]):
            counts[STATE_ROW] = counts[STATE_TRIES] = 0
            self.write_at = 0
        if up >= self.write_at:
            self.write_at = up + self._every
            self.save(gate, hal)
        if up >= self.test_at:
            self.test_at = up + _DAY
            self._look(gate, hal)
        self.due = min(self.write_at, self.test_at)
        if up < quiet:
            self.due = min(self.due, quiet)

    def _look(self, gate, hal):
        """The self-test: files first, then what lies in memory. It is loaded for that and unloaded again."""
        try:
            found = hal.check(hal.root) if hal.check else []
            known = hal.service.get("known", 0)
            if known and not self.safe:
                found = found + load("boot.self_test").test(gate, hal.root, known)
                hal.well("self-test")
            if len(found) > len(hal.broken):
                self.judge_test(found, gate, hal)
        except (MemoryError, OSError) as e:
            hal.trouble("self-test", e)
        unload("boot")
        gc.collect()

    def judge_test(self, found, gate, hal):
        """What a self-test found is said, and the next start is a safe one."""
        for what in found:
            hal.trouble("self-test " + what, ValueError(what))
        if found:
            self.counts[STATE_CAUSE] = UNFORESEEN
            self.counts[STATE_ROW] = self.counts[STATE_TRIES] = _DISTRUST
            self.save(gate, hal)
            hal.reset()

    def save(self, gate, hal):
        """Writes the slot that is not the newest; where the file system is full or broken that is said, and the newest
        stays."""
        counts = self.counts
        if not self._slots:
            return
        counts[STATE_UPTIME] = hal.clock.uptime
        if gate:
            counts[STATE_SECONDS] = gate.ring.seconds()
            counts[STATE_WINDOWS] = gate.windows
        try:
            self._save()
            hal.well("state")
        except OSError as e:
            hal.trouble("state", e)

    def _newest(self):
        return self._slots[self.counts[STATE_SEQUENCE] & 1]

    def _save(self):
        counts = self.counts
        old = self._newest()
        before = counts[STATE_SEQUENCE]
        body = counts[STATE_BODY]
        counts[STATE_SEQUENCE] = before + 1 & _LAST
        counts[STATE_WRITES] += 1
        try:
            self._write(self._newest(), old)
        except OSError:
            counts[STATE_SEQUENCE] = before
            counts[STATE_BODY] = body
            raise

    def _write(self, slot, old):
        counts = self.counts
        reference = self._reference
        slot.begin(0)
        if reference and reference.ready():
            counts[STATE_BODY] = 0
            i = 0
            while i < len(self._sizes):
                counts[STATE_BODY] += self._sizes[i]
                i += 1
            counts[STATE_BUNDLE] = self.bundle
            slot.put(counts, _HEAD_BYTES)
            i = 0
            while i < len(self._sizes):
                slot.put(self._parts[i], self._sizes[i])
                i += 1
        else:
            slot.put(counts, _HEAD_BYTES)
            self._carry(slot, old.file, counts[STATE_BODY])
        slot.end()

    def _carry(self, slot, file, left):
        file.seek(_HEAD_BYTES)
        piece = self._piece
        while left >= _PIECE:
            self._read(file)
            slot.put(piece, _PIECE)
            left -= _PIECE
        if left:
            self._read(file)
            slot.file.write(memoryview(piece)[:left])
            slot.add(piece, left)

    def _read(self, file):
        """A piece; the CRC lies behind a body, so that at least four bytes come."""
        if not file.readinto(self._piece):
            raise OSError(5)
