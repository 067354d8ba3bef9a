"""An int8 network out of a pack: fully connected layers and the logistic, bit for bit as TFLM computes them.

Everything is prepared once, in the constructor, where pack.py reads and checks; a call is arithmetic over arrays made
there and allocates nothing. The program that the kernels run is an array('i'):

    inputs, outputs, layers, here, there              offsets of the two layer buffers in the arena
    per layer: kind, n_in, n_out, offset in the pack (weights or table), index of its parameters,
               low, high, zero                        of the output, each + 128: 0..255
    per output: bias int32, multiplier 0 or 2^30..2^31-1 (Q31), shift + 32 (1..62)

The arena, int8: input, output, then two buffers as wide as the widest layer.
"""

from array import array

from .compat import MICROPYTHON, const

if MICROPYTHON:
    from .kernels import network_viper as kernel
else:
    from .kernels import network_plain as kernel

_FEATURES = const(1)  # as in pack.py
_COUNTS = const(2)


class Network:
    """The model of one parent, or one that the gate guards.

    ``data`` is a whole pack (bytes; the weights stay in it). ValueError says what is wrong with it.

    inputs, outputs  sizes
    mapping          PLAIN, FEATURES or COUNTS of pack.py
    threshold        int8; a score above it is a failure
    input, output    int8[inputs], int8[outputs]: views that live as long as the network
    """

    def __init__(self, data):
        from .pack import Reader  # needed here only: a board forgets it after the start

        pack = Reader(data)
        self.mapping = pack.mapping
        self.threshold = pack.threshold
        self.inputs = pack.inputs
        self.outputs = pack.outputs
        self._data = data
        self._scaling = pack.scaling
        self._program = pack.program
        self._arena = array("b", bytes(pack.arena))
        self._columns = None
        self._columns_from = None
        view = memoryview(self._arena)
        self.input = view[: self.inputs]
        self.output = view[self.inputs : self.inputs + self.outputs]

    def scale(self, values, columns):
        """Fills the input: clamp((values[columns[i]] - centre) * mult >> shift), values array('h'), >= 0.

        ``columns`` holds ``inputs`` indices; the first call with it checks and copies it, later ones don't.
        """
        if columns is not self._columns_from:
            self._bind(values, columns)
        kernel.scale(values, self._columns, self._arena, self._scaling)

    def _bind(self, values, columns):
        if self.mapping != _FEATURES:
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
        if self.mapping != _COUNTS or length != self.inputs:
            raise ValueError("pack: takes no window of %d counts" % length)
        if base < 0 or head < 0 or head >= length or base + length > len(counts):
            raise ValueError("window outside of the counts")
        self._scaling[0] = base
        self._scaling[1] = head
        kernel.fill(counts, self._arena, self._scaling)

    def invoke(self):
        """From input to output."""
        kernel.invoke(self._data, self._arena, 0, self._program)

    def score(self):
        """The first output, int8."""
        return self.output[0]
