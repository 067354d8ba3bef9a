"""A campaign of power cuts, on the VM: something that a board does is cut at every operation of its flash.

A scenario is a function that runs on the mounted board. It runs once whole; then once for every operation and every
place in it (before it, in it, after it), from the same image. After each cut the board starts as it would by itself
and somebody looks what is there. The file system is littlefs itself, mounted at /, as on a board; the host's files are
out of reach meanwhile: what a scenario needs is read, and imported, before.
"""

import gc
import os

import vfs
from flash import PAGE, Flash, PowerCut


def formatted(blocks=64):
    """A chip with an empty file system."""
    flash = Flash(blocks)
    vfs.VfsLfs2.mkfs(flash, progsize=PAGE)
    return flash


def boot(flash):
    """The chip under power again, its file system in the place of whatever is mounted at /."""
    flash = flash.power_on()
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(flash, progsize=PAGE), "/")
    os.chdir("/")
    return flash


def places(size):
    """Bytes of an operation that arrive before the cut: none, all, and a few between."""
    return sorted({0, 1, size // 2, size - 1, size})


def campaign(flash, scenario, start, look, again=0, thin=False):
    """The scenario's operations, and what became of each cut: (operation, bytes that arrived, what ``look`` returned).

    ``start()`` is what the board does when power comes back. When ``again`` is k, every k-th cut is followed by a
    campaign on the start after it: its cuts follow in the list, under the first cut's operation and bytes. ``thin``:
    one place in each operation, another one each time."""
    image = flash.snapshot()
    flash = boot(flash)
    scenario()
    operations = flash.operations
    found = []
    for operation, size in enumerate(operations):
        cuts = places(size)
        for applied in [cuts[operation % len(cuts)]] if thin else cuts:
            flash.restore(image)
            flash = boot(flash)
            flash.cut(operation, applied)
            _run(scenario, flash)
            torn = flash.snapshot()
            flash = boot(flash)
            start()
            found.append((operation, applied, look()))
            if again and len(found) % again == 0:
                flash.restore(torn)
                found += [(operation, applied, what) for _, _, what in campaign(flash, start, start, look)[1]]
            gc.collect()
    return len(operations), found


def _run(scenario, flash):
    """Until the cut, and whatever it tries after that."""
    try:
        scenario()
    except (Exception, PowerCut):
        if flash.powered:
            raise
    if flash.powered:
        raise RuntimeError("the cut's operation did not come: the scenario is not the same twice")
