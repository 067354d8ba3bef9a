"""What a deep sleep has to keep of a gate, counted here by the device's own code."""

from collections.abc import Mapping

from motegate.firmware.device.boot.pack import Pack
from motegate.firmware.device.boot.start import watchers
from motegate.firmware.device.clock import Clock
from motegate.firmware.device.frames import Writer
from motegate.firmware.device.gate import Gate
from motegate.firmware.device.hal import Hal
from motegate.firmware.device.keeping.state import State
from motegate.firmware.device.layout import (
    DEEP_SIZE,
    FULLY_CONNECTED,
    LAYER_IN,
    LAYER_KIND,
    LAYER_OUT,
    LAYER_STRIDE,
    PROGRAM_HEAD,
    PROGRAM_LAYERS,
)
from motegate.firmware.device.network import Network
from motegate.firmware.device.reference.roster import Roster
from motegate.firmware.device.sleep.whole import Whole
from motegate.train.policy import Plan

RECORD_BYTES = 6
"""Seconds and milliseconds (firmware/device/sleep/retained.py); beside them two a channel."""


def gate_bytes(plan: Plan, packs: Mapping[str, bytes], reference: bytes) -> int:
    """Of one that does not adapt."""
    device = plan.for_device()
    networks = {name: Network(Pack(pack)) for name, pack in packs.items()}
    gate = Gate(device, networks, reference, 0)
    hal = Hal(Clock())
    hal.state = State(hal.counts, None, 0)
    writer = Writer(lambda buf, n: None)
    others = watchers(device, hal, gate, writer, [], True)
    gate.readers = [*others, *([Roster(writer, gate.reference)] if plan.has_regimes() else [])]
    return len(Whole(gate, hal, writer, others).pack())


def macs(pack: bytes) -> int:
    """Multiplications of an inference."""
    program = Pack(pack).program
    heads = range(PROGRAM_HEAD, PROGRAM_HEAD + LAYER_STRIDE * program[PROGRAM_LAYERS], LAYER_STRIDE)
    return sum(
        program[at + LAYER_IN] * program[at + LAYER_OUT] for at in heads if program[at + LAYER_KIND] == FULLY_CONNECTED
    )


def fits(plan: Plan, size: int, memory: int) -> bool:
    """Whether the gate lies beside a hop's records in so many bytes."""
    return 4 * DEEP_SIZE + plan.hop * (RECORD_BYTES + 2 * len(plan.channels)) + size <= memory
