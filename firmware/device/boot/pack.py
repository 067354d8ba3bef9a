"""The pack's reader: a network's numbers out of its file (docs/pack.md), with every bound checked.

The start makes networks of it; the board unloads this module afterwards.
"""

from array import array
from binascii import crc32
from struct import unpack_from

from ..layout import (
    FULLY_CONNECTED,
    LAYER_STRIDE,
    MAP_COUNTS,
    MAP_FEATURES,
    MAP_PLAIN,
    PACK_VERSION,
    PARAMETER_BIAS,
    PARAMETER_STRIDE,
    PROGRAM_HEAD,
    TABLE,
    WIDEST_LAYER,
)


def _refuse(what):
    raise ValueError("pack: " + what)


class Pack:
    """Reads ``data``, a whole pack; ValueError says what is wrong with it.

    data                                 as given: the weights stay in it
    inputs, outputs, mapping             as in network.py
    scaling                              array('i') for the kernel's scale() or fill(), or None
    program                              array('i') for its invoke()
    arena                                bytes that it works in
    canaries                             their number, how many of them are bad, the offset of the first in data, and
                                         the margin of labels (adaptation/head.py); None: it has none
    """

    def __init__(self, data):
        n = len(data)
        if n < 16 or bytes(data[:4]) != b"MGP1":
            _refuse("does not begin with MGP1")
        if data[4] != PACK_VERSION:
            _refuse("version %d, this firmware reads %d" % (data[4], PACK_VERSION))
        if crc32(memoryview(data)[: n - 4]) & 0xFFFFFFFF != unpack_from("<I", data, n - 4)[0]:
            _refuse("the CRC does not match: truncated or altered")
        self._end = n - 4
        self.data = data
        self.mapping, canaries, layers, self.inputs, self.outputs = unpack_from("<BBBHH", data, 5)
        self._at = 12
        if not 1 <= self.inputs <= WIDEST_LAYER:
            _refuse("%d inputs, allowed 1 to %d" % (self.inputs, WIDEST_LAYER))
        self.scaling = None
        self._read_mapping()
        self._read_layers(layers, canaries)

    def _take(self, form, size):
        at = self._at
        if at + size > self._end:
            _refuse("ends in the middle of a layer")
        self._at = at + size
        return unpack_from(form, self.data, at)

    def _read_mapping(self):
        if self.mapping == MAP_FEATURES:
            words = [self.inputs]
            for _ in range(self.inputs):
                centre, mult, shift = self._take("<hHB", 5)
                reach = max(abs(centre), 32767 - centre)
                if mult < 1 or mult > 32767 or shift > 15 or reach * mult >= 1 << 30:
                    _refuse("feature scaling out of bounds")
                words += (centre + 32768, mult, shift)
            self.scaling = array("i", words)
        elif self.mapping == MAP_COUNTS:
            bias, mult, shift = self._take("<iHB", 7)
            if abs(bias) >= 1 << 30 or mult > 32767 or shift > 30:
                _refuse("count scaling out of bounds")
            self.scaling = array("i", (0, 0, self.inputs, mult, (bias >> 16) + 32768, bias & 0xFFFF, shift))
        elif self.mapping != MAP_PLAIN:
            _refuse("unknown input mapping %d" % self.mapping)

    def _read_layers(self, layers, canaries):
        heads = []
        parameters = []
        width = widest = last = self.inputs
        for _ in range(layers):
            (kind,) = self._take("<B", 1)
            if kind == FULLY_CONNECTED:
                n_out, per_channel, low, high, zero = self._take("<HBBBB", 6)
                if not 1 <= n_out <= WIDEST_LAYER or per_channel > 1 or low > high:
                    _refuse("a layer out of bounds")
                own = PROGRAM_HEAD + LAYER_STRIDE * layers + len(parameters)
                self._read_parameters(parameters, n_out, per_channel)
                heads += (kind, width, n_out, self._at, own, low, high, zero)  # in the order of layout.py's LAYER_...
                self._take("", width * n_out)
                last = width
                width = n_out
                widest = max(widest, width)
            elif kind == TABLE:
                heads += (kind, width, width, self._at, 0, 0, 0, 0)
                self._take("", 256)
            else:
                _refuse("unknown layer kind %d" % kind)
        self.canaries = self._read_canaries(canaries, last) if canaries else None
        if self._at != self._end:
            _refuse("%d bytes too many" % (self._end - self._at))
        if width != self.outputs:
            _refuse("the last layer has %d outputs, the header %d" % (width, self.outputs))
        buffers = self.inputs + self.outputs
        self.program = array(
            "i", [self.inputs, self.outputs, layers, buffers, buffers + widest, 0] + heads + parameters
        )
        self.arena = buffers + 2 * widest

    def _read_canaries(self, number, width):
        margin, bad = self._take("<iB", 5)
        if not 0 < margin < 1 << 28 or bad > number:
            _refuse("canaries out of bounds")
        at = self._at
        self._take("", number * width)
        return number, bad, at, margin

    def _read_parameters(self, words, n_out, per_channel):
        multiplier = shift = 0
        for j in range(n_out):
            if per_channel or j == 0:
                multiplier, shift = self._take("<ib", 5)
                if (multiplier != 0 and multiplier < 1 << 30) or not -31 <= shift <= 30:
                    _refuse("a multiplier out of bounds")
            words += (0, multiplier, shift + 32)
        for j in range(-PARAMETER_STRIDE * n_out, 0, PARAMETER_STRIDE):
            words[j + PARAMETER_BIAS] = self._take("<i", 4)[0]
