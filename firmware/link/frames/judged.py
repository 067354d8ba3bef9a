"""What a window was judged: verdicts, what guarded models made of it, and the regimes that verdicts name."""

from dataclasses import dataclass
from typing import ClassVar

from .board import Hello
from .fields import Time, items, name_of, stamp, text, time_of, whole, wholes


@dataclass(frozen=True)
class Verdict:
    """A window's verdict; while commissioning there is only ``why``, and ``action`` is None.

    ``values``, ``regime`` and ``samples`` (per channel, oldest first) are there where the action sends them.
    """

    kind: ClassVar[str] = "verdict"

    t: Time
    passes: tuple[int, ...] = ()
    scores: tuple[int, ...] = ()
    action: int | None = None
    values: tuple[int, ...] | None = None
    samples: tuple[tuple[int, ...], ...] | None = None
    why: str = ""
    regime: int | None = None

    @classmethod
    def read(cls, body: dict) -> "Verdict":
        if "p" not in body:
            return cls(time_of(body), why=text(body, "why"))
        passes, scores = wholes(body["p"], 0, 1), wholes(body["s"], -128, 127)
        if len(passes) != len(scores):
            raise ValueError("p, s")
        values = wholes(body["x"]) if "x" in body else None
        samples = tuple(wholes(row) for row in items(body["w"])) if "w" in body else None
        why = text(body, "why") if "why" in body else ""
        regime = whole(body, "r", 0, 255) if "r" in body else None
        return cls(time_of(body), passes, scores, whole(body, "a", 0, 255), values, samples, why, regime)

    def body(self) -> dict:
        said: dict = {"t": list(self.t)}
        if self.action is not None:
            said |= {"p": list(self.passes), "s": list(self.scores), "a": self.action}
        if self.values is not None:
            said["x"] = list(self.values)
        if self.regime is not None:
            said["r"] = self.regime
        if self.samples is not None:
            said["w"] = [list(row) for row in self.samples]
        return said | ({"why": self.why} if self.why else {})

    def line(self, names: Hello) -> str:
        if self.action is None:
            return f"{stamp(self.t)} {self.why}"
        verdicts = [
            f"{name_of(names.parents, i)} {'pass' if passes else 'FAIL'} {score}"
            for i, (passes, score) in enumerate(zip(self.passes, self.scores, strict=True))
        ]
        line = f"{stamp(self.t)} {', '.join(verdicts)}: {name_of(names.actions, self.action)}"
        if self.why:
            line += f" ({self.why})"
        if self.values is not None:
            line += " | " + " ".join(f"{name_of(names.columns, i)}={x}" for i, x in enumerate(self.values))
        if self.regime is not None:
            line += f" | regime {self.regime}"
        if self.samples is not None:
            line += f" | samples {[list(row) for row in self.samples]}"
        return line


@dataclass(frozen=True)
class Model:
    """What a guarded model made of a window."""

    kind: ClassVar[str] = "model"

    t: Time
    model: int
    output: tuple[int, ...]

    @classmethod
    def read(cls, body: dict) -> "Model":
        return cls(time_of(body), whole(body, "m", 0), wholes(body["y"], -128, 127))

    def body(self) -> dict:
        return {"t": list(self.t), "m": self.model, "y": list(self.output)}

    def line(self, names: Hello) -> str:
        return f"{stamp(self.t)} {name_of(names.models, self.model)}: {list(self.output)}"


VERDICTS, LEVEL, WIDTH, REGIMES, SCORE = range(5)
WHATS = ("verdicts", "level", "width", "regimes", "score")
"""By their number: firmware/device/drift/alarms.py."""
UNITS = ("", "widths away", "octaves", "of the limit", "of the way to failing")


@dataclass(frozen=True)
class Drift:
    """``what`` (WHATS) has ``changed`` for longer than odd windows explain, or is as before again (False): ``of`` a
    classifier its verdicts or its score, of a channel its band's level or width. It began ``since`` windows before this
    one; of windows that share no sample ``looked`` at meanwhile, how many ``failed``, or were too far from usual, and
    how many of those with ``hard`` evidence of a fault: missing, invalid, railed, stuck. ``far``: the way from usual,
    but for verdicts: Q8 of the commissioned width, octaves, the regime's limit, the way to the threshold."""

    kind: ClassVar[str] = "drift"

    t: Time
    of: int
    changed: bool
    since: int
    looked: int
    failed: int
    hard: int
    what: int = 0
    far: int = 0

    @classmethod
    def read(cls, body: dict) -> "Drift":
        counts = {key: whole(body, key, 0) for key in ("of", "since", "looked", "failed", "hard")}
        if "what" in body:
            counts |= {"what": whole(body, "what", 1, len(WHATS) - 1), "far": whole(body, "far", 0)}
        return cls(time_of(body), changed=whole(body, "changed", 0, 1) == 1, **counts)

    def body(self) -> dict:
        counts = {key: getattr(self, key) for key in ("since", "looked", "failed", "hard")}
        said = {"t": list(self.t), "of": self.of, "changed": int(self.changed)} | counts
        return said | {"what": self.what, "far": self.far} if self.what else said

    @property
    def what_name(self) -> str:
        return WHATS[self.what]

    @property
    def whose(self) -> str:
        """Whose number moved, where that is no classifier: "channel 0", "regimes"."""
        return {LEVEL: f"channel {self.of}", WIDTH: f"channel {self.of}", REGIMES: "regimes"}.get(self.what, "")

    def line(self, names: Hello) -> str:
        what = "has changed" if self.changed else "is as before again"
        whose = self.whose or name_of(names.parents, self.of)
        if self.what:
            what = f"({self.what_name}) " + what
        line = f"{stamp(self.t)} {whose} {what}, since {self.since} windows: "
        line += f"{self.failed} of {self.looked} " + ("failed" if not self.what else "too far from usual")
        if self.what:
            line += f", now {self.far / 256:.2f} {UNITS[self.what]}"
        return line + (f", {self.hard} of them with missing, invalid, railed or stuck samples" if self.hard else "")


@dataclass(frozen=True)
class Regimes:
    """Which regimes are known, by their number in a verdict; three lists of one length.

    ``radius``: as the distances of signatures are (docs/design.md); ``seen``: the last window in each, -1: none at this
    site yet; ``candidate``: the window of its only visit, -1: it is known. Windows are counted from the reference's
    first on: ``window``.
    """

    kind: ClassVar[str] = "regimes"
    t: ClassVar[None] = None

    window: int
    radius: tuple[int, ...]
    seen: tuple[int, ...]
    candidate: tuple[int, ...]

    @classmethod
    def read(cls, body: dict) -> "Regimes":
        radius, seen, candidate = wholes(body["radius"], 1), wholes(body["seen"], -1), wholes(body["candidate"], -1)
        if not len(radius) == len(seen) == len(candidate):
            raise ValueError("radius, seen, candidate")
        return cls(whole(body, "window", 0), radius, seen, candidate)

    def body(self) -> dict:
        lists = {key: list(getattr(self, key)) for key in ("radius", "seen", "candidate")}
        return {"window": self.window} | lists

    def line(self, names: Hello) -> str:
        return f"regimes at window {self.window}: " + (", ".join(map(self._one, range(len(self.radius)))) or "none")

    def _one(self, i: int) -> str:
        seen = "not seen yet" if self.seen[i] < 0 else f"seen at {self.seen[i]}"
        return f"{i} (radius {self.radius[i]}, {seen}{', candidate' if self.candidate[i] >= 0 else ''})"
