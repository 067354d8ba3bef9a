"""The simulated flash chip: a block device for `vfs.VfsLfs2`, whose power can be cut at any byte that it writes.

As in NOR flash, erasing sets a block's bits and programming can only clear them. Every erase and every program is an
operation, counted from the chip's power-on. A cut lets the first bytes of one operation arrive and raises PowerCut;
so does whatever is asked of the chip after that. What was open then (a file, a mount) is left to the collector, which
closes it some day: so `power_on` gives another object for the same bytes, and the one before it stays dead.
"""

BLOCK = 4096  # bytes, of an erase
PAGE = 256  # bytes, of a program: the Pico's (ports/rp2/modules/_boot.py)
_INIT, _DEINIT, _SYNC, _BLOCKS, _BLOCK_SIZE, _ERASE = 1, 2, 3, 4, 5, 6  # operations of os.AbstractBlockDev.ioctl


class PowerCut(BaseException):
    """No `except Exception` outlives a power cut."""


class Flash:
    """A chip under power. ``operations``: the bytes of each erase and program since, in their order.

    ``image``: the chip's bytes, which are shared, not copied; else it is ``blocks`` erased blocks.
    """

    def __init__(self, blocks=64, image=None):
        self.image = bytearray(b"\xff" * (blocks * BLOCK)) if image is None else image
        self.operations = []
        self._cut_at = -1
        self._applied = 0
        self._dead = False

    def cut(self, operation, applied):
        """Power ends in this operation when ``applied`` of its bytes have arrived: 0 is before it, all are after it."""
        self._cut_at = operation
        self._applied = applied

    def power_on(self):
        """The chip under power again; this object is dead from now on."""
        self._dead = True
        return Flash(image=self.image)

    def snapshot(self):
        return bytes(self.image)

    def restore(self, snapshot):
        self.image[:] = snapshot

    def readblocks(self, block, buf, offset=0):
        self._check()
        at = block * BLOCK + offset
        buf[:] = memoryview(self.image)[at : at + len(buf)]

    def writeblocks(self, block, buf, offset):
        """Programs; a caller who gives no offset expects an erase, too, which littlefs never does."""
        self._change(block * BLOCK + offset, buf, _program)

    def ioctl(self, op, arg):
        self._check()
        if op == _BLOCKS:
            return len(self.image) // BLOCK
        if op == _BLOCK_SIZE:
            return BLOCK
        if op == _ERASE:
            self._change(arg * BLOCK, b"\xff" * BLOCK, _erase)
        return 0

    def _check(self):
        if self._dead:
            raise PowerCut

    def _change(self, at, data, how):
        self._check()
        cut = len(self.operations) == self._cut_at
        self.operations.append(len(data))
        n = self._applied if cut else len(data)
        how(self.image, at, memoryview(data)[:n])
        if cut:
            self._dead = True
            raise PowerCut


def _erase(image, at, data):
    image[at : at + len(data)] = data


def _program(image, at, data):
    """Clears bits, sets none."""
    there = image[at : at + len(data)]
    if there == b"\xff" * len(data):
        image[at : at + len(data)] = data
    else:
        for i in range(len(data)):
            image[at + i] &= data[i]
