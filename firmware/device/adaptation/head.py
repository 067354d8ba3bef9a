"""The last layer of one classifier, learned from labels beside the one that training made.

A window fails where acc = b + sum(w x) > cut, x the last layer's inputs, 0..255 each, cut its threshold. A label moves
weights and bias where the window lies on the wrong side, or within ``margin`` of the cut: the passive-aggressive step
(Crammer et al., Online Passive-Aggressive Algorithms, JMLR 7, 2006, PA-I), in integers, the bias as the weight of an
input of 128:

    loss = min(2**17, margin - y (acc - cut))           y = 1: it is bad, -1: it is good
    n2   = sum(x * x) + 2**14                            2**14 .. 2**14 + 32 * 255**2 < 2**21
    W   += y ((loss * x // (n2 >> 8)) << 4)              Q12
    b   += y (loss * 64 // (n2 >> 8))

loss * x < 2**25; n2 >> 8 is at least 2**6, so the quotient is below 2**19, and 2**23 when shifted; W lies in
[max(0, W0 - B), W0 + B], below 2**20. So all stays below 2**30. Weights stay monotone.

It judges in place of the base from the label on by which it has made at least two and a quarter fewer errors over at
least eight labels, and no longer once it is two worse over the last sixteen: then it begins anew. Canaries, windows
that training packed, bound it: a step by which it would err on more of those that the base has right is not made.
"""

from array import array

from ..compat import const
from ..kernels import network as kernel
from ..layout import (
    FULLY_CONNECTED,
    HEAD_BASE_ERRORS,
    HEAD_BASE_LAST,
    HEAD_BIAS,
    HEAD_ERRORS,
    HEAD_LABELS,
    HEAD_LAST,
    HEAD_LIVE,
    HEAD_WEIGHTS,
    LAYER_IN,
    LAYER_KIND,
    LAYER_OUT,
    LAYER_PARAMETERS,
    LAYER_STRIDE,
    LAYER_WEIGHTS,
    PARAMETER_BIAS,
    PARAMETER_SHIFT,
    PROGRAM_HEAD,
    PROGRAM_HERE,
    PROGRAM_LAYERS,
    PROGRAM_THERE,
)

_Q = const(12)
_HALF = const(2048)  # 2**(Q - 1)
_MOST_WEIGHT = const(127)
_MOST_INPUTS = const(32)
_MOST_LOSS = const(131072)  # 2**17
_MOST_BIAS = const(268435456)  # 2**28
_LEAST = const(8)  # labels
_BETTER = const(2)  # errors
_WORSE = const(2)
_LAST = const(0xFFFF)  # sixteen labels
_BIAS_INPUT = const(128)

# What a label has changed
NOTHING = const(0)
TOOK_OVER = const(1)
WENT_BACK = const(2)


def last_layer(network):
    """Where the last fully connected layer stands: (its place in the program, that of its inputs in the arena)."""
    program = network.program
    here, there = program[PROGRAM_HERE], program[PROGRAM_THERE]
    found = None
    at = PROGRAM_HEAD
    for _ in range(program[PROGRAM_LAYERS]):
        if program[at + LAYER_KIND] == FULLY_CONNECTED:
            found = at, here
            here, there = there, here
        at += LAYER_STRIDE
    return found


def inputs_of(network):
    """How many inputs the last layer has."""
    at, _ = last_layer(network)
    return network.program[at + LAYER_IN]


def teachable(network, bound):
    """Whether labels can move the last layer: it has one output, few inputs, no negative weight, canaries, and room."""
    found = last_layer(network)
    if not network.canaries or not bound or not found:
        return False
    program = network.program
    at, _ = found
    n = program[at + LAYER_IN]
    parameters = program[at + LAYER_PARAMETERS]
    if program[at + LAYER_OUT] != 1 or n > _MOST_INPUTS or abs(program[parameters + PARAMETER_BIAS]) >= _MOST_BIAS:
        return False
    weights = program[at + LAYER_WEIGHTS]
    for j in range(n):
        if network.data[weights + j] < 128:
            return False
    # the largest accumulator, shifted as the requantization does
    reach = abs(program[parameters + PARAMETER_BIAS]) + (n + 1) * 255 * _MOST_WEIGHT
    return reach < 1 << 30 >> max(program[parameters + PARAMETER_SHIFT] - 32, 0)


class Head:
    """Of a ``teachable`` network. ``bound``: how far a weight may go, Q8 of the largest; ``allowed``: canaries.

    ``state``: int32[HEAD_WEIGHTS + inputs] (layout.py), the bias as its way from the base's.
    """

    def __init__(self, network, bound, allowed):
        at, self._inputs = last_layer(network)
        program = network.program
        self.n = n = program[at + LAYER_IN]
        network.data = bytearray(network.data)  # its weights are written from now on
        self._network = network
        self._weights = program[at + LAYER_WEIGHTS]
        self._parameter = program[at + LAYER_PARAMETERS] + PARAMETER_BIAS
        self._bias = program[self._parameter]
        self._base = bytearray(n)
        self._own = bytearray(n)
        for j in range(n):
            self._base[j] = network.data[self._weights + j] - 128
        self._bound = max(self._base) * bound << _Q - 8
        self._most_bias = self._bound * _BIAS_INPUT >> _Q
        self._canaries, self._bad, self._canary, self._margin = network.canaries
        self._allowed = allowed
        self._laid = 0  # the network has weights of its own
        self._before = array("i", bytes(4 * (HEAD_WEIGHTS + n)))
        self.state = array("i", bytes(4 * (HEAD_WEIGHTS + n)))
        self.begin()

    def begin(self):
        """As training made it."""
        state = self.state
        for k in range(HEAD_WEIGHTS):
            state[k] = 0
        for j in range(self.n):
            state[HEAD_WEIGHTS + j] = self._base[j] << _Q
        self.resume()

    def resume(self):
        """``state`` is as somebody has left it."""
        self._round()
        self.lay(True)

    def _round(self):
        state = self.state
        own = self._own
        for j in range(self.n):
            own[j] = min(state[HEAD_WEIGHTS + j] + _HALF >> _Q, _MOST_WEIGHT)

    def lay(self, own):
        """The network judges by the weights that labels have made, where those are live and ``own`` is true, else by
        the base's."""
        live = 1 if own and self.state[HEAD_LIVE] else 0
        if not live and not self._laid:
            return
        self._laid = live
        network = self._network
        data = network.data
        at = self._weights
        bytes_ = self._own if live else self._base
        for j in range(self.n):
            data[at + j] = bytes_[j] + 128
        network.program[self._parameter] = self._bias + (self.state[HEAD_BIAS] if live else 0)

    def keep(self, out, at):
        """The inputs of the last layer at the window just judged: ``out``[at : at + n], bytes."""
        kernel.keep(self._network.arena, self._inputs, self.n, out, at)

    def _level(self, weights, bias, inputs, at):
        acc = bias
        for j in range(self.n):
            acc += weights[j] * inputs[at + j]
        return acc

    def _errs_on_canaries(self, cut):
        """How many canaries that the base has right it has wrong."""
        data = self._network.data
        base, own = self._bias, self._bias + self.state[HEAD_BIAS]
        at = self._canary
        wrong = 0
        for k in range(self._canaries):
            bad = k < self._bad
            if (self._level(self._own, own, data, at) > cut) != bad:
                if (self._level(self._base, base, data, at) > cut) == bad:
                    wrong += 1
            at += self.n
        return wrong

    def learn(self, inputs, at, bad, cut):
        """A label of the window whose last inputs are ``inputs``[at : at + n]; ``bad``: 1 or 0. What it has changed."""
        state = self.state
        own = self._level(self._own, self._bias + state[HEAD_BIAS], inputs, at)
        own_error = (own > cut) != bad
        base_error = (self._level(self._base, self._bias, inputs, at) > cut) != bad
        state[HEAD_LABELS] += 1
        state[HEAD_ERRORS] += own_error
        state[HEAD_BASE_ERRORS] += base_error
        state[HEAD_LAST] = (state[HEAD_LAST] << 1 | own_error) & _LAST
        state[HEAD_BASE_LAST] = (state[HEAD_BASE_LAST] << 1 | base_error) & _LAST
        loss = self._margin - (own - cut if bad else cut - own)
        if loss > 0:
            self._step(inputs, at, 1 if bad else -1, min(loss, _MOST_LOSS), cut)
        return self._turn()

    def _step(self, inputs, at, y, loss, cut):
        state = self.state
        for k in range(len(state)):
            self._before[k] = state[k]
        n2 = 1 << 14
        for j in range(self.n):
            n2 += inputs[at + j] * inputs[at + j]
        n2 >>= 8
        for j in range(self.n):
            first = self._base[j] << _Q
            weight = state[HEAD_WEIGHTS + j] + y * (loss * inputs[at + j] // n2 << 4)
            state[HEAD_WEIGHTS + j] = min(max(weight, first - self._bound, 0), first + self._bound)
        bias = state[HEAD_BIAS] + y * (loss * 64 // n2)
        state[HEAD_BIAS] = min(max(bias, -self._most_bias), self._most_bias)
        self._round()
        if self._errs_on_canaries(cut) > self._allowed:
            for k in range(len(state)):
                state[k] = self._before[k]
            self._round()

    def _turn(self):
        """Who judges from now on."""
        state = self.state
        if not state[HEAD_LIVE]:
            fewer = state[HEAD_BASE_ERRORS] - state[HEAD_ERRORS]
            if state[HEAD_LABELS] < _LEAST or fewer < _BETTER or 4 * fewer < state[HEAD_BASE_ERRORS]:
                return NOTHING
            state[HEAD_LIVE] = 1
            self.lay(True)
            return TOOK_OVER
        if _ones(state[HEAD_LAST]) - _ones(state[HEAD_BASE_LAST]) >= _WORSE:
            self.begin()
            return WENT_BACK
        self.lay(True)
        return NOTHING


def _ones(bits):
    n = 0
    while bits:
        n += bits & 1
        bits >>= 1
    return n
