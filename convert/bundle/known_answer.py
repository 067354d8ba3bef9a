"""What the self-test of a board must find, computed here by the device's own code."""

from collections.abc import Mapping

from motegate.firmware.device.boot import self_test
from motegate.firmware.device.boot.pack import Pack
from motegate.firmware.device.gate import Gate
from motegate.firmware.device.network import Network
from motegate.train.policy import Plan


def known_answer(plan: Plan, packs: Mapping[str, bytes], reference: bytes) -> int:
    """30 bits over the made-up windows' dimensions, levels and scores; ``packs`` by parent's name."""
    networks = {name: Network(Pack(pack)) for name, pack in packs.items()}
    gate = Gate(plan.for_device(), networks, reference, 0)
    return self_test.known_answer(gate, plan.for_device(), reference)
