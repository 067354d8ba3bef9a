"""What a board that adapts says of it: where it is in its cycle, and why (firmware/device/adaptation/)."""

from dataclasses import dataclass
from typing import ClassVar

from .board import Hello
from .fields import Time, name_of, stamp, time_of, whole

PHASES = ("calm", "wait", "back", "learn", "trial", "refused")
"""By their number: firmware/device/layout.py."""
REASONS = (
    "an alarm", "as before again", "the earlier reference fits again", "the earlier reference does not fit",
    "the halves of what was learned differ", "too far from the commissioned bands", "learned",
    "the trial was not passed", "taken over", "the labels do not permit it", "rolled back",
    "a regime is known, as somebody has confirmed", "a last layer that labels taught judges",
    "the last layer that labels taught was worse, and begins anew",
)  # fmt: skip
"""By their number: firmware/device/adaptation/cycle.py."""


@dataclass(frozen=True)
class Adapt:
    """The board is in ``phase`` (PHASES) from now on, ``why`` (REASONS). Of the change in hand: ``tries``, shadows that
    it has given up, and ``labels`` that count. ``swaps``: references taken over in the board's life;
    ``of``: the classifier that it is about, None: all."""

    kind: ClassVar[str] = "adapt"

    t: Time
    phase: int
    why: int
    tries: int
    labels: int
    swaps: int
    of: int | None = None

    @classmethod
    def read(cls, body: dict) -> "Adapt":
        phase, why = whole(body, "phase", 0, len(PHASES) - 1), whole(body, "why", 0, len(REASONS) - 1)
        counts = {key: whole(body, key, 0) for key in ("tries", "labels", "swaps", "of") if key != "of" or key in body}
        return cls(time_of(body), phase, why, **counts)

    def body(self) -> dict:
        said = {"t": list(self.t)} | {key: getattr(self, key) for key in ("phase", "why", "tries", "labels", "swaps")}
        return said if self.of is None else said | {"of": self.of}

    @property
    def phase_name(self) -> str:
        return PHASES[self.phase]

    @property
    def reason(self) -> str:
        return REASONS[self.why]

    def line(self, names: Hello) -> str:
        whose = "" if self.of is None else f"{name_of(names.parents, self.of)}: "
        line = f"{stamp(self.t)} adaptation: {whose}{self.phase_name}, {self.reason}"
        return line + (f" ({self.labels} labels)" if self.labels else "")
