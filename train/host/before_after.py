"""What adapting gives a recording: its verdicts before a change, after it without adaptation, and after it with.

The change is the first that a board without adaptation notices: a classifier that keeps failing (its drift watch).
Before it is what lies before the first of those failures, after it what lies behind the notice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.device.layout import ADAPT_SWAPS
from motegate.firmware.link import Decoder, Drift, stamp
from motegate.firmware.progress import Progress, silent

from ..recording import Label, Records
from .adaptive import AdaptiveGate, Measured
from .judge import Trained, Verdicts


@dataclass(frozen=True)
class BeforeAfter:
    """``labels``: how many were given; ``swaps``: references taken over; ``taught``: whether a last layer that labels
    taught judges at the end. ``when`` a change was noticed, UTC; verdicts of the stretches. None without a change, but
    for ``before``, which is all then."""

    labels: int
    swaps: int
    taught: bool
    when: str | None = None
    before: Verdicts | None = None
    without: Verdicts | None = None
    with_: Verdicts | None = None


def before_after(
    trained: Trained, records: Records, labels: Iterable[Label] = (), progress: Progress = silent
) -> BeforeAfter:
    """Of a plan that adapts; ``labels``: as a person gives them meanwhile."""
    measured = Measured.of(trained, records)
    plain = AdaptiveGate(trained, measured, replace(trained.plan, adapt=()))
    for window in plain:
        if window % 500 == 0:
            progress("judge", window, 2 * len(measured))
    gate = AdaptiveGate(trained, measured)
    person = _Person(gate, measured, labels)
    for window in gate:
        person.look(window)
        if window % 500 == 0:
            progress("judge", len(measured) + window, 2 * len(measured))
    assert gate.cycle is not None
    found = BeforeAfter(person.given, gate.cycle.state[ADAPT_SWAPS], gate.cycle.heads.live())
    drift = next((drift for drift in _drifts(bytes(plain.said)) if drift.changed), None)
    if drift is None:
        return replace(found, before=_part(plain, plain.commission, len(measured)))
    noticed = int(np.flatnonzero((measured.seconds == drift.t[0]) & (measured.millis == drift.t[1]))[0])
    return replace(
        found,
        when=stamp(drift.t),
        before=_part(plain, plain.commission, max(noticed - drift.since, plain.commission)),
        without=_part(plain, noticed + 1, len(measured)),
        with_=_part(gate, noticed + 1, len(measured)),
    )


def _drifts(said: bytes) -> Iterator[Drift]:
    for item in Decoder().feed(said):
        if isinstance(item.form, Drift) and not item.form.what:
            yield item.form


def _part(gate: AdaptiveGate, start: int, end: int) -> Verdicts:
    """Its verdicts of some windows; without scores."""
    passes = gate.passes[start:end]
    return Verdicts(start, np.zeros(passes.shape, np.int8), passes)


class _Person:
    """Gives each label so many windows after its own."""

    def __init__(self, gate: AdaptiveGate, measured: Measured, labels: Iterable[Label]):
        times = (measured.seconds.astype(np.int64) + EPOCH_S) * 1000 + measured.millis
        windows = {int(ms): window for window, ms in enumerate(times)}
        self.given = 0
        self._gate = gate
        self._due: dict[int, list[tuple[int, Label]]] = {}
        for label in labels:
            if label.ms in windows:
                window = windows[label.ms]
                self._due.setdefault(window + label.delay, []).append((window, label))

    def look(self, window: int) -> None:
        for of, label in self._due.pop(window, ()):
            self._gate.label(of, label.of, bool(label.good))
            self.given += 1
