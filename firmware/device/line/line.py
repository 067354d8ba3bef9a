"""When the board listens, and to whom it answers.

An idle line is looked at every eight seconds, or at each piece of a long sleep (four seconds, where it is not light). A
command is followed by others as a rule: for five seconds after one the board sleeps in short pieces and looks between
them. A byte costs a board some 100 us: so many are taken at once as cost no record, and a line that brings more is
looked at ten times a second.
"""

from ..compat import const, micropython
from ..modules import load, unload
from .receiver import Receiver

_IDLE_S = const(8)
_TALK_S = const(5)
_PIECE_MS = const(20)
_FLOOD_MS = const(100)
_LEAST = const(16)  # bytes at once
_MOST = const(256)
_NEVER = const((1 << 29) - 1)


class Line:
    """Commands to a running ``gate``, from ``stream`` (line/receiver.py).

    ``due``: the uptime from which on it is worth listening again. ``challenge``: what the next authenticated command
    must answer, ``turn``: how many there were since the start.
    """

    def __init__(self, stream, gate, hal, writer):
        self.due = 0
        self.challenge = b""
        self.turn = 0
        self._receiver = Receiver(stream)
        self._stream = stream
        self._one = self._receiver.one
        self._gate = gate
        self._hal = hal
        self._writer = writer
        self._until = -1  # the end of a talk
        self._gap = -1  # seconds between two looks at an idle line; -1: it is not idle

    @micropython.native
    def listen(self):
        """Takes what has come, and does at most one command of it. Never raises."""
        came = self._stream.readinto(self._one)
        hal = self._hal
        clock = hal.clock
        gap = self._gap
        if not came and gap >= 0 and not self._stream.closed:
            self.due = clock.uptime + gap
            return
        self._gap = -1
        receiver = self._receiver
        size = receiver.receive(max(_LEAST, min(_MOST, 4 * clock.period_ms)) if clock.period_ms else _MOST, came)
        if size:
            self._obey(size)
            self._until = clock.uptime + _TALK_S
            clock.piece = _PIECE_MS
        if self._stream.closed:
            self.due = _NEVER
            if not hal.watchdog:
                clock.piece = _NEVER
        elif self._until >= clock.uptime:
            self.due = clock.uptime
        elif receiver.more:
            self.due = clock.uptime
            clock.piece = _FLOOD_MS
        else:
            clock.piece = clock.usual
            self._gap = _IDLE_S if clock.period_ms else 0
            self.due = clock.uptime + self._gap

    def talks(self):
        """Whether a host has given a command in the last seconds, and may give another one."""
        return self._until >= self._hal.clock.uptime

    def _obey(self, size):
        """What obeys is loaded for it, and unloaded again."""
        hal = self._hal
        try:
            body = bytes(memoryview(self._receiver.buffer)[:size])
            load("line.commands").obey(body, self, self._gate, hal, self._writer)
        except Exception as e:
            hal.trouble("line", e)
        unload("line.commands")
        unload("line.mac")
        unload("boot")
