"""A classifier of safe mode: it trusts nothing that was learned but limits, and asks no network.

It stands where a network does (network.py): its level is the largest value of the parent's columns, and one above
``LIMIT`` fails it: three decades beyond what one good window in ten exceeds.
"""

from ..compat import const

LIMIT = const(767)


class Rule:
    def __init__(self):
        self.input = bytearray(0)
        self._worst = 0

    def scale(self, values, columns):
        worst = 0
        for column in columns:
            if values[column] > worst:
                worst = values[column]
        self._worst = worst

    def invoke(self):
        pass

    def score(self):
        """int8, above 0 where the parent fails."""
        return min(max((self._worst - LIMIT + 3) >> 2, -128), 127)

    def level(self):
        return self._worst
