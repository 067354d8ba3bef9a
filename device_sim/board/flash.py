"""The simulated flash chip: a block device for `vfs.VfsLfs2`, whose power can be cut at any byte that it writes.

As in NOR flash, erasing sets a block's bits and programming can only clear them. Every erase and every program is an
operation, counted from the chip's power-on. A cut lets the first bytes of one operation arrive; from there on the chip
answers everything with EIO and changes no more. It raises nothing, since an exception would jump over littlefs's own
frames and leave half-made files to the collector, which closes them some day. So whoever ran then runs on, to no
effect: ``powered`` says it. Only who asks it without end is ended: littlefs itself may (a directory's list that never
closes). What was open is closed some day, too: hence `power_on` gives another object for the same bytes, and the one
before it stays dead."""

BLOCK = 4096  # bytes, of an erase
PAGE = 256  # bytes, of a program: the Pico's (ports/rp2/modules/_boot.py)
_BLOCKS, _BLOCK_SIZE, _ERASE = 4, 5, 6  # of ioctl (docs: class os.AbstractBlockDev)
PATIENT = 200  # accesses without power that are answered
ERASED = b"\xff" * BLOCK
_EIO = -5


class PowerCut(BaseException):
    """Somebody asks a chip without power again and again."""


class Flash:
    """A chip under power. ``operations``: the bytes of each erase and program since, in their order.

    ``image``: the chip's bytes, which are shared, not copied; else it is ``blocks`` erased blocks.
    """

    def __init__(self, blocks=64, image=None):
        self.image = bytearray(blocks * ERASED) if image is None else image
        self.operations = []
        self.powered = True
        self._cut_at = -1
        self._applied = self._asked = 0

    def cut(self, operation, applied):
        """Power ends in this operation when ``applied`` of its bytes have arrived: 0 is before it, all are after it."""
        self._cut_at = operation
        self._applied = applied

    def power_on(self):
        """The chip under power again; this object is dead from now on."""
        self.powered = False
        return Flash(image=self.image)

    def snapshot(self):
        return bytes(self.image)

    def restore(self, snapshot):
        self.image[:] = snapshot

    def readblocks(self, block, buf, offset=0):
        if not self.powered:
            return self._dead()
        at = block * BLOCK + offset
        buf[:] = memoryview(self.image)[at : at + len(buf)]

    def writeblocks(self, block, buf, offset):
        """Programs; a caller who gives no offset expects an erase, too, which littlefs never does."""
        return self._change(block * BLOCK + offset, buf, _program)

    def ioctl(self, op, arg):
        if op == _BLOCKS:
            return len(self.image) // BLOCK
        if op == _BLOCK_SIZE:
            return BLOCK
        if op == _ERASE:
            return self._change(arg * BLOCK, ERASED, _erase)
        return 0

    def _dead(self):
        self._asked += 1
        if self._asked > PATIENT:
            raise PowerCut
        return _EIO

    def _change(self, at, data, how):
        if not self.powered:
            return self._dead()
        self.operations.append(len(data))
        if len(self.operations) - 1 != self._cut_at:
            how(self.image, at, data)
            return 0
        self.powered = False
        how(self.image, at, memoryview(data)[: self._applied])
        return _EIO


def _erase(image, at, data):
    image[at : at + len(data)] = data


def _program(image, at, data):
    """Clears bits, sets none."""
    there = image[at : at + len(data)]
    if there == ERASED[: len(data)]:
        image[at : at + len(data)] = data
    else:
        for i in range(len(data)):
            image[at + i] &= data[i]
