"""The kernels that adapting brings: what another reference makes of a window, and whom a bad window lets follow."""

from array import array

import numpy as np
import pytest
from motegate.convert.bundle.modules import device_tree
from motegate.firmware import vm
from motegate.firmware.device import layout as at
from motegate.firmware.device.kernels.plain import follow, rebin, scan

LENGTH = 24
CASES = 300


def band(reference: array, rat: int, low: int, high: int) -> None:
    reference[rat + at.LO] = reference[rat + at.LO0] = low << 14
    reference[rat + at.HI] = reference[rat + at.HI0] = high << 14
    reference[rat + at.STEP] = max(1, (high - low) << 8)
    follow.lay_bins(reference, rat)


class Case:
    """A channel's slots, two references of it, and a window that lies somewhere about the band."""

    def __init__(self, seed: int):
        rng = np.random.default_rng(seed)
        width = int(rng.choice([1, 40, 3000, 30000]))
        low = int(rng.integers(-32767, 32767 - width))
        spread = max(2, int(width * rng.choice([0.5, 1.5, 4])))
        counts = np.clip(low + width // 2 + rng.integers(-spread, spread, LENGTH), -32767, 32767)
        counts[rng.random(LENGTH) < rng.choice([0, 0.05, 0.3])] = at.MISSING
        self.slots = array("h", [*counts.tolist(), *[0] * (2 * LENGTH)])
        size = at.REF_HEAD + at.REF_STRIDE
        self.live, self.shadow = array("i", bytes(4 * size)), array("i", bytes(4 * size))
        band(self.live, at.REF_HEAD, low, low + width)
        other = int(rng.integers(-32767, 32767 - width))
        band(self.shadow, at.REF_HEAD, *sorted((other, int(np.clip(other + width * 2, -32767, 32767)) + 1)))
        self.live[at.LIMIT_STEP] = 1000
        self.mode = int(rng.choice([0, at.HELD, at.HELD_BAD]))
        self.stats = self.scanned(self.live)

    def scanned(self, reference: array) -> array:
        stats = array("i", bytes(4 * (at.HEAD + at.STRIDE)))
        bounds, table = array("h", [-32767, 32767] * 2), array("h", bytes(2 * 64))
        carry = array("i", bytes(4 * at.CARRY_STRIDE))
        scan.scan_channel(
            self.slots, 0, LENGTH, 0, LENGTH, bounds, 0, reference, at.REF_HEAD, table, carry, 0, LENGTH, stats,
            at.HEAD, at.READ_ALL,
        )  # fmt: skip
        return stats

    def rebinned(self) -> array:
        stats = array("i", bytes(4 * len(self.stats)))
        rebin.copy(stats, self.stats, len(stats))
        rebin.rebin(self.slots, 0, LENGTH, self.shadow, at.REF_HEAD, stats, at.HEAD)
        return stats

    def followed(self) -> array:
        reference = array("i", self.live)
        none = array("i")
        follow.follow(reference, 0, array("h"), self.mode, none, none, none, self.stats, 1, LENGTH)
        return reference

    def bytes(self) -> bytes:
        parts = self.slots, self.live, self.shadow, self.stats
        head = array("i", [self.mode, *(len(part) for part in parts)])
        return bytes(head) + b"".join(map(bytes, parts))


@pytest.mark.unit
@pytest.mark.parametrize("seed", range(100))
def test_a_windows_statistics_laid_over_other_bins_are_those_of_a_scan_with_them(seed):
    case = Case(seed)
    assert case.rebinned() == case.scanned(case.shadow)


def edges(away: float, mode: int) -> tuple[int, int]:
    """By how many counts the edges move for a window as wide as the band (0 to 400), so many widths above it."""
    case = Case(0)
    band(case.live, at.REF_HEAD, 0, 400)
    case.live[at.REF_HEAD + at.STEP] = 5 << 14
    case.mode = mode
    case.slots = array(
        "h", [*np.linspace(400 * away, 400 * (1 + away), LENGTH).astype(int).tolist(), *[0] * (2 * LENGTH)]
    )
    case.stats = case.scanned(case.live)
    moved = case.followed()
    return moved[at.REF_HEAD + at.LO] >> 14, (moved[at.REF_HEAD + at.HI] >> 14) - 400


@pytest.mark.unit
def test_of_a_bad_window_a_channel_near_its_band_is_followed_and_another_is_held():
    assert edges(0.2, at.HELD) == (0, 0)
    assert edges(0.2, at.HELD_BAD) == edges(0.2, 0)
    assert edges(0.2, 0)[1] == 5
    assert edges(0.3, at.HELD_BAD) == (0, 0)
    assert edges(0.3, 0)[1] == 5


ON_VM = f"""
import sys
from array import array
from motegate.kernels import follow, rebin
HEAD, REF_HEAD, LENGTH = {at.HEAD}, {at.REF_HEAD}, {LENGTH}
with open(sys.argv[1], "rb") as f, open(sys.argv[2], "wb") as out:
    while True:
        head = f.read(20)
        if not head:
            break
        mode, *sizes = array("i", head)
        slots = array("h", f.read(2 * sizes[0]))
        live, shadow, stats = [array("i", f.read(4 * n)) for n in sizes[1:]]
        again = array("i", bytes(4 * len(stats)))
        rebin.copy(again, stats, len(stats))
        rebin.rebin(slots, 0, LENGTH, shadow, REF_HEAD, again, HEAD)
        none = array("i", [0])
        follow.follow(live, 0, array("h", [0]), mode, none, none, none, stats, 1, LENGTH)
        out.write(bytes(again))
        out.write(bytes(live))
"""


@pytest.mark.device
@pytest.mark.property
def test_the_kernels_of_the_vm_equal_the_plain_ones_bit_for_bit(tmp_path):
    cases = [Case(seed) for seed in range(CASES)]
    (tmp_path / "cases").write_bytes(b"".join(case.bytes() for case in cases))
    (tmp_path / "script.py").write_text(ON_VM)
    done = vm.run(tmp_path / "script.py", [tmp_path / "cases", tmp_path / "out"], heap="4M", path=[device_tree()])
    assert done.returncode == 0, done.stdout.decode()
    expected = b"".join(bytes(case.rebinned()) + bytes(case.followed()) for case in cases)
    assert (tmp_path / "out").read_bytes() == expected
