"""A person at the virtual board: gives the labels and orders of a file at their windows, one more reader of verdicts.

Runs in the VM beside the runner. What is due is given through what the board's line would call, so it counts alike.
"""

from array import array

LABEL, ADAPT, ROLLBACK = 0, 1, 2
SECONDS, MILLIS, KIND, OF, DELAY = range(5)
ORDER_SIZE = 5
ROOM = 256  # labels that wait for their windows at once


class Orders:
    """Reads ``path`` (operator.py writes it). ``seen``: what became of the labels, and of the orders."""

    def __init__(self, path, gate):
        self.file = open(path, "rb")
        self.cycle = None
        for reader in gate.readers:
            if hasattr(reader, "roll_back"):
                self.cycle = reader
        self.became = array("i", [0] * len(self.cycle.became))
        self.strangers = self.obeyed = self.refused = 0
        self.windows = 0
        self.next = array("i", [0] * ORDER_SIZE)
        self.more = self.file.readinto(self.next) == 4 * ORDER_SIZE
        self.waiting = array("i", bytes(4 * ROOM * ORDER_SIZE))
        self.n = 0

    def take(self, verdict):
        self.windows += 1
        while self.more and self.reached(verdict):
            self.due(verdict)
            self.more = self.file.readinto(self.next) == 4 * ORDER_SIZE
        i = 0
        waiting = self.waiting
        while i < self.n:
            at = i * ORDER_SIZE
            if waiting[at + DELAY] <= self.windows:
                of = waiting[at + OF]
                became = self.cycle.label(waiting[at + SECONDS], waiting[at + MILLIS], of >> 1, of & 1, verdict)
                self.became[became] += 1
                self.n -= 1
                for k in range(ORDER_SIZE):
                    waiting[at + k] = waiting[self.n * ORDER_SIZE + k]
            else:
                i += 1

    def reached(self, verdict):
        seconds = self.next[SECONDS]
        return seconds < verdict.seconds or seconds == verdict.seconds and self.next[MILLIS] <= verdict.millis

    def due(self, verdict):
        kind = self.next[KIND]
        if kind == LABEL:
            here = self.next[SECONDS] == verdict.seconds and self.next[MILLIS] == verdict.millis
            if not here or self.n == ROOM:
                self.strangers += 1
                return
            at = self.n * ORDER_SIZE
            for i in range(ORDER_SIZE):
                self.waiting[at + i] = self.next[i]
            self.waiting[at + DELAY] += self.windows
            self.n += 1
        elif self.cycle.permit() is None if kind == ADAPT else self.cycle.roll_back(verdict):
            self.obeyed += 1
        else:
            self.refused += 1

    def seen(self):
        said = {name: self.became[i] for i, name in enumerate(self.cycle.became)}
        said["of_no_window"] = self.strangers
        return {"labels": said, "orders": {"obeyed": self.obeyed, "refused": self.refused}}
