"""An int8 network out of a pack: fully connected layers and the logistic, bit for bit as TFLM computes them.

Everything is prepared once, where boot/pack.py reads and checks; a call is arithmetic over arrays made
there and allocates nothing. The program that the kernels run is an array('i') (layout.py): its head, a block for each
layer, then the parameters of each output.

The arena, int8: input, output, then two buffers as wide as the widest layer.
"""

from array import array

from .kernels import network as kernel
from .layout import FILL_BASE, FILL_HEAD, MAP_COUNTS, MAP_FEATURES, PROGRAM_LEVEL


class Network:
    """The model of one parent, or one that the gate guards.

    ``pack``: a read one (boot/pack.py), whose bytes hold the weights.

    inputs, outputs  sizes
    mapping          MAP_PLAIN, MAP_FEATURES or MAP_COUNTS (layout.py)
    input, output    int8[inputs], int8[outputs]: views that live as long as the network
    data, program, arena, canaries   as the pack has them; who rewrites weights (adaptation/head.py) replaces data
    """

    def __init__(self, pack):
        self.mapping = pack.mapping
        self.inputs = pack.inputs
        self.outputs = pack.outputs
        self.data = pack.data
        self.canaries = pack.canaries
        self._scaling = pack.scaling
        self.program = pack.program
        self.arena = array("b", bytes(pack.arena))
        self._columns = None
        self._columns_from = None
        view = memoryview(self.arena)
        self.input = view[: self.inputs]
        self.output = view[self.inputs : self.inputs + self.outputs]

    def scale(self, values, columns):
        """Fills the input: clamp((values[columns[i]] - centre) * mult >> shift), values array('h'), >= 0.

        ``columns`` holds ``inputs`` indices; the first call with it checks and copies it, later ones don't.
        """
        if columns is not self._columns_from:
            self._bind(values, columns)
        kernel.scale(values, self._columns, self.arena, self._scaling)

    def _bind(self, values, columns):
        if self.mapping != MAP_FEATURES:
            raise ValueError("pack: has no feature scaling")
        if len(columns) != self.inputs or max(columns) >= len(values) or min(columns) < 0:
            raise ValueError("columns: %d indices into %d values needed" % (self.inputs, len(values)))
        self._columns = array("H", columns)
        self._columns_from = columns

    def fill(self, counts, base, head, length):
        """Fills the input with a window: counts[base + (head + i) % length], i = 0..length - 1, array('h').

        q = clamp((count * mult + bias) >> shift). A missing count (-32768) repeats the one before it, or
        is 0 where there is none.
        """
        if self.mapping != MAP_COUNTS or length != self.inputs:
            raise ValueError("pack: takes no window of %d counts" % length)
        if base < 0 or head < 0 or head >= length or base + length > len(counts):
            raise ValueError("window outside of the counts")
        self._scaling[FILL_BASE] = base
        self._scaling[FILL_HEAD] = head
        kernel.fill(counts, self.arena, self._scaling)

    def invoke(self):
        """From input to output."""
        kernel.invoke(self.data, self.arena, 0, self.program)

    def score(self):
        """The first output, int8."""
        return self.output[0]

    def level(self):
        """The accumulator behind a single output, before requantization and the logistic: it rises with the score, in
        finer steps; within +-MOST_LEVEL. Only where a fully connected layer feeds the output."""
        return self.program[PROGRAM_LEVEL]
