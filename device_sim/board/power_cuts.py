"""A campaign of power cuts, on the VM: something that a board does is cut at every operation of its flash.

A scenario is a function that runs on the mounted board, once. For every operation of its flash, and every place in it
(before it, in it, after it), the chip is made as a cut there leaves it; the board starts on that as it would by itself,
and somebody looks what is there. The file system is littlefs itself, mounted at /, as on a board; the host's files are
out of reach meanwhile: what a scenario needs is read, and imported, before.
"""

import gc
import os

import vfs
from flash import PAGE, Flash, apply, size


def formatted(blocks=64):
    """A chip with an empty file system."""
    flash = Flash(blocks)
    vfs.VfsLfs2.mkfs(flash, progsize=PAGE)
    return flash


def boot(image):
    """A chip of these bytes, a bytearray, under power, its file system in the place of whatever is mounted at /.
    Whoever still holds a file of the one before writes to that one's bytes."""
    flash = Flash(image=image)
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(flash, readsize=PAGE, progsize=PAGE), "/")
    os.chdir("/")
    return flash


def places(size):
    """Bytes of an operation that arrive before the cut: none, all, and a few between."""
    return sorted({0, 1, size // 2, size - 1, size})


def campaign(image, scenario, start, look, again=0, thin=False):
    """The number of the scenario's operations, and what became of each cut: (operation, bytes that arrived, what
    ``look(operation)`` returned).

    ``image``: the chip's bytes before. ``scenario(flash)`` hears of the chip that it runs on. ``start(flash)`` is what
    the board does when power comes back. When ``again`` is k, every k-th cut is followed by a campaign on the start
    after it: its cuts follow in the list, under the first cut's operation and bytes. ``thin``: one place in each
    operation, another one each time."""
    flash = boot(bytearray(image))
    scenario(flash)
    operations = flash.operations
    before = bytearray(image)
    found = []
    for k, operation in enumerate(operations):
        cuts = places(size(operation))
        for applied in [cuts[k % len(cuts)]] if thin else cuts:
            torn = bytearray(before)
            apply(torn, operation, applied)
            if again and len(found) % again == again - 1:
                found += [(k, applied, what) for _, _, what in campaign(torn, start, start, look)[1]]
            start(boot(torn))
            found.append((k, applied, look(k)))
            torn = None
            gc.collect()
        apply(before, operation, size(operation))
    return len(operations), found
