"""The gate's start after a deep sleep: everything is as it was left."""

from ..layout import DEEP_LATE, DEEP_OFFSET, DEEP_STARTED
from ..modules import load
from .napping import Napping
from .retained import now, recall
from .whole import Whole


def recall_gate(root):
    """What the deep sleep before this start has kept, its ``gate`` in hand wherever it lay; None: there was none, or it
    is not whole."""
    kept = recall()
    if kept:
        kept.gate = kept.held(root)
    return kept if kept and kept.gate else None


def napping(root, polled, gate, hal, writer, watchers):
    """The source of a gate that sleeps so."""
    service = hal.service
    return Napping(polled, gate, hal, writer, watchers, service["deep_bytes"], root, service["deep_ms"])


def resume(gate, hal, writer, watchers):
    """Everything into a connected gate as ``hal.kept`` has it."""
    kept = hal.kept
    if gate.reference.regimes:
        gate.readers.append(load("reference.roster").Roster(writer, gate.reference))
    Whole(gate, hal, writer, watchers).unpack(kept.gate)
    hal.clock.resume(now() + kept.head[DEEP_OFFSET], kept.head[DEEP_STARTED])
    hal.clock.late = kept.head[DEEP_LATE]
