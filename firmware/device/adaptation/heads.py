"""The last layers that labels teach, one for each classifier, and what the last windows have shown them."""

from ..layout import HEAD_LIVE, HEAD_WEIGHTS, NO_DATA
from .head import Head, inputs_of, teachable


def size(networks, bound):
    """Bytes of their states."""
    return sum([4 * (HEAD_WEIGHTS + inputs_of(network)) for network in networks if teachable(network, bound)])


class Heads:
    """Of the classifiers' ``networks``, in the policy's order; ``bound``, ``allowed``: as a Head has them, bound 0: no
    classifier has one. ``kept``: windows whose labels may still come. ``states``: what goes on after a reset, int32
    each."""

    def __init__(self, networks, bound, allowed, kept):
        self._heads = [Head(network, bound, allowed) if teachable(network, bound) else None for network in networks]
        self._width = sum([head.n for head in self._heads if head])
        self._inputs = bytearray(kept * self._width)
        self._known = bytearray(kept)
        self.states = [head.state for head in self._heads if head]

    def live(self):
        """Whether one of them judges."""
        return any([head.state[HEAD_LIVE] for head in self._heads if head])

    def resume(self):
        """The states are as somebody has left them."""
        for head in self._heads:
            if head:
                head.resume()

    def begin(self):
        """All as training made them."""
        for head in self._heads:
            if head:
                head.begin()

    def lay(self, own):
        """``own`` False: all networks judge as training made them, until it is called with True."""
        for head in self._heads:
            if head:
                head.lay(own)

    def note(self, slot, verdict):
        """The window that has just been judged."""
        self._known[slot] = verdict.why != NO_DATA
        at = slot * self._width
        for head in self._heads:
            if head:
                head.keep(self._inputs, at)
                at += head.n

    def learn(self, classifier, slot, good, cut):
        """A label of the window of ``slot``, ``good`` 1 or 0. None where it teaches nothing, else what it has changed
        (head.py)."""
        head = self._heads[classifier]
        if not head or not self._known[slot]:
            return None
        at = slot * self._width
        i = 0
        while i < classifier:
            if self._heads[i]:
                at += self._heads[i].n
            i += 1
        return head.learn(self._inputs, at, 1 - good, cut)
