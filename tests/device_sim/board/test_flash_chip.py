"""The simulated flash chip: NOR's rules, and what a cut leaves."""

import pytest
from motegate.device_sim.machines.unix import hardware
from motegate.firmware import vm

pytestmark = pytest.mark.device
SCRIPT = """
from flash import BLOCK, ERASED, Flash, apply, size
import os, vfs
chip = Flash(4)
chip.writeblocks(1, b"\\x0f\\xf0", 10)
chip.writeblocks(1, b"\\x3c\\xff", 10)
assert bytes(chip.image[BLOCK + 10:BLOCK + 12]) == b"\\x0c\\xf0", "programming sets no bit"
chip.ioctl(6, 1)
assert bytes(chip.image[BLOCK:2 * BLOCK]) == ERASED
assert [size(operation) for operation in chip.operations] == [2, 2, BLOCK]
again = bytearray(4 * ERASED)
for operation in chip.operations[:2]:
    apply(again, operation, 2)
assert bytes(again[BLOCK + 10:BLOCK + 12]) == b"\\x0c\\xf0"
apply(again, chip.operations[2], 11)
assert bytes(again[BLOCK + 10:BLOCK + 12]) == b"\\xff\\xf0", "an erase that is cut"
for applied in range(5):
    torn = bytearray(b"\\xff" * BLOCK)
    apply(torn, (0, b"abcd"), applied)
    assert bytes(torn[:4]) == (b"abcd"[:applied] + b"\\xff" * 4)[:4]
chip = Flash(16)
vfs.VfsLfs2.mkfs(chip)
vfs.mount(vfs.VfsLfs2(chip), "/chip")
with open("/chip/a", "w") as f:
    f.write("whole")
image = bytearray(chip.image)
done = len(chip.operations)
with open("/chip/a", "w") as f:
    f.write("other" * 2000)
vfs.umount("/chip")
seen = set()
for k, operation in enumerate(chip.operations[done:]):
    torn = bytearray(image)
    apply(torn, operation, 3)
    vfs.mount(vfs.VfsLfs2(Flash(image=torn)), "/chip")
    seen.add(open("/chip/a").read()[:5])
    vfs.umount("/chip")
    apply(image, operation, size(operation))
assert image == chip.image
print(sorted(seen), len(chip.operations) - done)
"""


def test_a_chip_programs_and_erases_as_nor_flash_does_and_what_a_cut_leaves_can_be_mounted(tmp_path):
    script = tmp_path / "chip.py"
    script.write_text(SCRIPT)
    done = vm.run(script, path=[hardware()])
    assert (done.returncode, done.stdout[:9]) == (0, b"['whole']"), done
