"""One TOML table while it is read: every key is asked for by type and bounds, what is wrong is noted.

A reader never raises on bad input. It notes one line (the key's path, what is wrong, what is allowed),
gives the default back, and goes on, so that a user sees all the faults of a file at once. The keys that
were asked for are the known ones; ``close`` notes the rest, each with the nearest known one.
"""

import difflib
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeGuard

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
LONGEST = 64
"""Characters of a name; a longer one is cut where it is shown."""
LONGEST_TEXT = 500
MOST_LISTED = 100
IDENTIFIERS = "expected a letter, then letters, digits and _, at most 32"

Note = Callable[[str, str], None]
"""``note(key path, what is wrong; what is allowed)``"""


def key_path(*keys: str) -> str:
    """The dotted path of a key, quoted where TOML asks for it.

    >>> key_path("stream", "channels", "temp (degC)", "unit")
    'stream.channels."temp (degC)".unit'
    """
    cut = (key if len(key) <= LONGEST else f"{key[:LONGEST]}..." for key in keys if key)
    return ".".join(key if BARE_KEY.fullmatch(key) else quoted(key) for key in cut)


def quoted(text: str) -> str:
    """A TOML basic string, of what is printable and not longer than a condition."""
    text = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}..."
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in plain) + '"'


def nearest(name: str, known: Iterable[str]) -> str:
    """``did you mean ...`` or the list of what there is.

    >>> nearest("presure", ["pressure", "flow"])
    'did you mean "pressure"?'
    >>> nearest("x", ["pressure", "flow"])
    'there are: flow, pressure'
    """
    known = sorted(known)
    if len(name) > LONGEST:
        return f"a name has at most {LONGEST} characters"
    close = difflib.get_close_matches(name.lower(), [k.lower() for k in known if len(k) <= LONGEST], n=1)
    if close:
        return "did you mean " + quoted(next(k for k in known if k.lower() == close[0])) + "?"
    listed = ", ".join(map(key_path, known[:MOST_LISTED])) + (", ..." if len(known) > MOST_LISTED else "")
    return f"there are: {listed}" if known else "there are none"


def shown(value: object) -> str:
    """A value as the user wrote it, cut where it is long."""
    kinds = {dict: "a table", list: "a list", bool: "true" if value else "false"}
    text = kinds.get(type(value)) or (quoted(value) if isinstance(value, str) else _digits(value))
    return text if len(text) <= 40 else text[:37] + "..."


def _digits(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits
        return "a number of thousands of digits"


class Table:
    """``data`` None: a table that is not there, which reads like an empty one."""

    def __init__(self, data: Mapping | None, note: Note, path: str = ""):
        self.found = data is not None
        self.data, self.path, self._note = data or {}, path, note
        self._asked: list[str] = []

    def where(self, *keys: str) -> str:
        inner = key_path(*keys)
        return f"{self.path}.{inner}" if self.path and inner else self.path or inner

    def note(self, text: str, *keys: str) -> None:
        """Notes what is wrong at a key below this table, or at the table itself."""
        self._note(self.where(*keys), text)

    def has(self, key: str) -> bool:
        return key in self.data

    def _take(self, key: str, allowed: str, required: bool) -> object:
        self._asked.append(key)
        if key not in self.data and required and self.found:
            self.note(f"missing; {allowed}", key)
        return self.data.get(key)

    def close(self) -> None:
        for key in self.data:
            if key not in self._asked:
                self.note(f"unknown key; {nearest(key, self._asked)}", key)

    def table(self, key: str, required: bool = False) -> "Table":
        """The table under ``key``; an empty one where it is absent or something else."""
        value = self._take(key, "a table", required)
        if value is not None and not isinstance(value, dict):
            self.note(f"is {shown(value)}; expected a table", key)
        return Table(value if isinstance(value, dict) else None, self._note, self.where(key))

    def tables(self) -> Iterable[tuple[str, "Table"]]:
        """Every key of this table, each of which must hold a table."""
        for key in self.data:
            yield key, self.table(key)

    def rows(self, key: str, required: bool = False) -> Iterable["Table"]:
        """The array of tables under ``key``, its members counted from 0 in paths."""
        value = self._take(key, f"at least one, [[{self.where(key)}]]", required)
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            self.note(f"is {shown(value)}; expected an array of tables, [[{self.where(key)}]]", key)
            return
        for i, row in enumerate(value):
            yield Table(row, self._note, f"{self.where(key)}[{i}]")

    def text(
        self,
        key: str,
        default: str | None = None,
        required: bool = False,
        shortest: int = 1,
        longest: int = 64,
    ) -> str | None:
        allowed = f"printable text of {shortest} to {longest} characters"
        value = self._take(key, allowed, required)
        if value is None:
            return default
        if not isinstance(value, str) or not (is_label(value, longest) or len(value) == shortest == 0):
            self.note(f"is {shown(value)}; expected {allowed} without space at its ends", key)
            return default
        return value

    def whole(self, key: str, low: int, high: int, default: int | None = None, required: bool = False) -> int | None:
        allowed = f"a whole number from {low} to {high}"
        value = self._take(key, allowed, required)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.note(f"is {shown(value)}; expected {allowed}", key)
            return default
        return value

    def number(
        self,
        key: str,
        allowed: str = "a finite number",
        fits: Callable[[float], bool] = math.isfinite,
        default: float | None = None,
        required: bool = False,
    ) -> float | None:
        """A finite number, a TOML integer or float, for which ``fits`` holds."""
        value = self._take(key, allowed, required)
        if value is None:
            return default
        if not is_number(value) or not fits(float(value)):
            self.note(f"is {shown(value)}; expected {allowed}", key)
            return default
        return float(value)

    def pair(self, key: str, required: bool = False) -> tuple[float, float] | None:
        """Two finite numbers, the lower one first."""
        allowed = "two numbers, the lower one first"
        value = self._take(key, allowed, required)
        if value is None:
            return None
        ends = value if isinstance(value, list) and len(value) == 2 and all(map(is_number, value)) else None
        if ends is None or not ends[0] < ends[1]:
            written = "[" + ", ".join(map(shown, value)) + "]" if isinstance(value, list) else shown(value)
            self.note(f"is {written}; expected {allowed}", key)
            return None
        return float(ends[0]), float(ends[1])

    def truth(self, key: str, default: bool) -> bool:
        value = self._take(key, "", False)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.note(f"is {shown(value)}; expected true or false", key)
            return default
        return value

    def one_of(self, key: str, allowed: Sequence[str], default: str) -> str:
        """One of a few words."""
        value = self._take(key, "", False)
        if value is None:
            return default
        if value not in allowed:
            self.note(f"is {shown(value)}; expected {' or '.join(map(quoted, allowed))}", key)
            return default
        return str(value)

    def texts(self, key: str, required: bool = False) -> tuple[str, ...]:
        """A list of different strings."""
        value = self._take(key, "a list of text", required)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.note(f"is {shown(value)}; expected a list of text", key)
            return ()
        for item in sorted(item for item, times in Counter(value).items() if times > 1):
            self.note(f"names {quoted(item)} more than once; once is enough", key)
        return tuple(dict.fromkeys(value))

    def anything(self, key: str) -> object:
        return self._take(key, "", False)


def is_number(value: object) -> TypeGuard[int | float]:
    """A TOML integer or float that is finite as a float64; a boolean is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def is_identifier(name: str) -> bool:
    """A name that can be a file's, a C symbol and a word of a condition."""
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,31}", name))


def is_reserved(name: str) -> bool:
    """Whether a recording's column of this name has a meaning of its own, so that no channel can have it."""
    return name in ("timestamp", "t_ms", "seq") or name.startswith(("status.", "fail."))


def is_label(value: str, longest: int = 64) -> bool:
    """Printable text that fits a frame and a CSV header, with no space at its ends.

    >>> is_label("temp (degC)"), is_label(" temp"), is_label("a\\tb"), is_label("")
    (True, False, False, False)
    """
    return 1 <= len(value) <= longest and value.isprintable() and value == value.strip()
