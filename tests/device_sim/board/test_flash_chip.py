"""The simulated flash chip: NOR's rules, and what a cut leaves."""

import pytest
from motegate.device_sim.machines.unix import hardware
from motegate.firmware import vm

pytestmark = pytest.mark.device
SCRIPT = """
from flash import BLOCK, ERASED, Flash
import os, vfs
chip = Flash(4)
chip.writeblocks(1, b"\\x0f\\xf0", 10)
chip.writeblocks(1, b"\\x3c\\xff", 10)
assert bytes(chip.image[BLOCK + 10:BLOCK + 12]) == b"\\x0c\\xf0", "programming sets no bit"
chip.ioctl(6, 1)
assert bytes(chip.image[BLOCK:2 * BLOCK]) == ERASED
assert chip.operations == [2, 2, BLOCK]
for applied in range(5):
    chip = Flash(4)
    chip.cut(1, applied)
    assert chip.writeblocks(0, b"a", 0) == 0
    assert chip.writeblocks(0, b"bcde", 1) == -5
    assert not chip.powered
    assert chip.writeblocks(0, b"z", 100) == -5 and chip.readblocks(0, bytearray(1)) == -5
    again = chip.power_on()
    read = bytearray(5)
    again.readblocks(0, read)
    assert bytes(read) == (b"abcde"[:1 + applied] + b"\\xff" * 5)[:5], read
    assert chip.writeblocks(0, b"z", 100) == -5, "the one before stays dead"
chip = Flash(16)
vfs.VfsLfs2.mkfs(chip)
fs = vfs.VfsLfs2(chip)
vfs.mount(fs, "/chip")
with open("/chip/a", "w") as f:
    f.write("whole")
chip.cut(len(chip.operations) + 1, 3)
try:
    with open("/chip/a", "w") as f:
        f.write("other" * 2000)
    raise RuntimeError("no cut")
except OSError:
    pass
vfs.umount("/chip")
vfs.mount(vfs.VfsLfs2(chip.power_on()), "/chip")
print(open("/chip/a").read())
"""


def test_a_chip_programs_erases_and_is_cut_as_nor_flash_is(tmp_path):
    script = tmp_path / "chip.py"
    script.write_text(SCRIPT)
    done = vm.run(script, path=[hardware()])
    assert (done.returncode, done.stdout.strip()) == (0, b"whole"), done
