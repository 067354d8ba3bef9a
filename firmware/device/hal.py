"""The hardware layer: what the gate asks of a board while it runs, and what the board counts. On a host without
`machine` pins are remembered and nothing else is there."""

import gc
import sys
from array import array

from .compat import MICROPYTHON, const, micropython
from .layout import COUNT_ERRORS, LEFT, MISSING_STATUS, STATE_CAUSE, STATE_SIZE

try:
    import machine
except ImportError:
    machine = None

_SENT_MS = const(100)


class Hal:
    """``clock`` counts the time since reset; ``readers`` fill status fields by name (``count() -> int``).

    ``root``: where the bundle lies, and ``check(root)`` the names of its files that are not as they were built (None:
    nobody can say); ``broken`` those that the start has found.

    ``service``: how it is kept in service (gate/service.json), ``line``: the host's, or None, ``watchdog``: armed, or
    None. ``due``: the uptime from which on ``tend`` has something to do.

    ``counts``: int32[STATE_SIZE] (layout.py). ``writer``: frames, by which troubles are said, and ``state`` and
    ``store``: what is kept (keeping/), the latter None where no action stores, and ``kept``: what the deep sleep before
    this start has kept (sleep/), or None; the start sets them.
    """

    def __init__(self, clock, readers=None):
        self.clock = clock
        self.readers = readers or {}
        self.levels = {}
        self.counts = array("i", [0] * STATE_SIZE)
        self.writer = self.state = self.store = self.check = self.line = self.watchdog = self.kept = None
        self.root = ""
        self.broken = None
        self.service = {}
        self.due = 0
        self._pins = {}
        self._troubled = {}

    def arm(self, milliseconds):
        """From now on the board resets itself when it is not fed for so long. Nobody can take that back but a reset."""
        if hasattr(machine, "WDT"):
            self.watchdog = machine.WDT(timeout=milliseconds)

    def rest(self):
        """Between the pieces of a sleep: the watchdog is fed, and the line has its turn."""
        if self.watchdog:
            self.watchdog.feed()
        if self.line:
            self.line.listen()

    @micropython.native
    def tend(self, gate):
        """Between two blocks: the watchdog is fed, and the line and the state have their turn where it is time."""
        line = self.line
        state = self.state
        if self.watchdog:
            self.watchdog.feed()
        if line and self.clock.uptime >= line.due:
            line.listen()
        if self.clock.uptime >= state.due:
            state.tend(gate, self)
        if self.watchdog:
            self.due = 0
        elif line and line.due < state.due:
            self.due = line.due
        else:
            self.due = state.due

    def hurry(self):
        """Something was learned that is worth a write now."""
        self.state.hurry()
        self.due = 0

    def output(self, pin):
        """Make ``pin`` an output, low."""
        self.levels[pin] = 0
        self._pins[pin] = machine.Pin(pin, machine.Pin.OUT, value=0) if hasattr(machine, "Pin") else None

    def pin(self, pin, level):
        """Set an output."""
        self.levels[pin] = level
        if self._pins[pin]:
            self._pins[pin].value(level)

    def status(self, names, out):
        """Fill ``out`` with the status fields of those names; -2**30 where the board has none, or its sensor fails."""
        i = 0
        while i < len(names):
            try:
                out[i] = self.field(names[i])
                self.well(names[i])
            except Exception as e:
                out[i] = MISSING_STATUS
                self.trouble(names[i], e)
            i += 1

    def field(self, name):
        if name in self.readers:
            return self.readers[name].count()
        if name == "since_reset_s":
            return self.clock.uptime
        if name == "clock_set":
            return self.clock.is_set()
        return MISSING_STATUS

    def heap_free(self):
        """Bytes; 0 where there is no such heap."""
        return gc.mem_free() if MICROPYTHON else 0

    def write(self, buf, n):
        """Send the first ``n`` bytes to the host."""
        self.clock.sent(n)
        if MICROPYTHON:
            sys.stdout.buffer.write(buf, n)
        else:
            sys.stdout.buffer.write(memoryview(buf)[:n])

    def trouble(self, what, e):
        """Counts an exception of the part that is called ``what``, and says the first in a row."""
        self.counts[COUNT_ERRORS] += 1
        if what not in self._troubled:
            self._troubled[what] = self.counts[COUNT_ERRORS]
            report(self.writer, e, what)

    def recall_trouble(self, what):
        """The part was in trouble before this start, and that was said."""
        self._troubled[what] = 0

    def well(self, what):
        """The part has done its work; says so where it was in trouble."""
        if self._troubled and what in self._troubled:
            del self._troubled[what]
            _say(self.writer, b"recovered", None, what)

    def leave(self, gate):
        """The loop is left on purpose: what is known is kept, and the next start counts no reset."""
        if self.state:
            self.counts[STATE_CAUSE] = LEFT
            self.state.save(gate, self)

    def open_prompt(self):
        """The next start opens the prompt (entry.py), and the one after it goes on."""
        open(self.root + "stop", "w").close()

    def reset(self):
        """The board starts afresh, when what it said is sent; on a host that ends the program."""
        if hasattr(machine, "reset"):
            self.clock.sleep(_SENT_MS)
            machine.reset()
        raise SystemExit(3)


def report(writer, e, what=None):
    """Says an exception in a frame; one of memory without asking for any."""
    _say(writer, b"error", e, what)


def _say(writer, kind, e, what):
    """Who says a trouble raises none: a line that fails, or memory that is short, costs that frame."""
    try:
        writer.begin(kind)
        if isinstance(e, MemoryError):
            writer.literal(b',"e":"MemoryError"')
        elif e is not None:
            writer.text(b"e", "%s: %s" % (type(e).__name__, e))
        if what is not None:
            writer.text(b"of", what)
        writer.end()
    except Exception:
        pass
