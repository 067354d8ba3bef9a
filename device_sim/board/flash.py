"""The simulated flash chip: a block device for `vfs.VfsLfs2` that records what is done to it.

As in NOR flash, erasing sets a block's bits and programming can only clear them. Every erase and every program is an
operation, recorded in its order, so that what a power cut leaves is built afterwards, by `apply`: all that was done
before, and the first bytes of the operation that was cut. Nothing ever runs on a chip without power, where an exception
would jump over littlefs's own frames and leave half-made files to the collector, which closes them some day.
"""

BLOCK = 4096  # bytes, of an erase
PAGE = 256  # bytes, of a program: the Pico's (ports/rp2/modules/_boot.py)
_BLOCKS, _BLOCK_SIZE, _ERASE = 4, 5, 6  # of ioctl (docs: class os.AbstractBlockDev)
ERASED = b"\xff" * BLOCK


class Flash:
    """A chip whose bytes are ``image``, a bytearray that it keeps, else ``blocks`` erased blocks.

    ``operations``: (address, bytes) of each program, (address, None) of each erase since it was made.
    """

    def __init__(self, blocks=64, image=None):
        self.image = bytearray(blocks * ERASED) if image is None else image
        self.operations = []

    def readblocks(self, block, buf, offset=0):
        at = block * BLOCK + offset
        buf[:] = memoryview(self.image)[at : at + len(buf)]

    def writeblocks(self, block, buf, offset):
        """Programs; a caller who gives no offset expects an erase, too, which littlefs never does."""
        self._do(block * BLOCK + offset, bytes(buf))

    def ioctl(self, op, arg):
        if op == _BLOCKS:
            return len(self.image) // BLOCK
        if op == _BLOCK_SIZE:
            return BLOCK
        if op == _ERASE:
            self._do(arg * BLOCK, None)
        return 0

    def _do(self, at, data):
        operation = (at, data)
        self.operations.append(operation)
        apply(self.image, operation, size(operation))


def size(operation):
    """Bytes of an operation."""
    _, data = operation
    return BLOCK if data is None else len(data)


def apply(image, operation, applied):
    """Lets the first ``applied`` bytes of an operation arrive in ``image``."""
    at, data = operation
    if data is None:
        image[at : at + applied] = ERASED[:applied]
    elif image[at : at + applied] == ERASED[:applied]:
        image[at : at + applied] = data[:applied]
    else:
        for i in range(applied):
            image[at + i] &= data[i]
