"""All that a gate holds from one window to the next, as bytes: what a deep sleep would lose."""

from array import array

_CODES = {1: "B", 2: "h", 4: "i"}  # by an item's bytes


class Whole:
    """Of a connected gate. ``arrays``: its state, in place; ``numbers``: (owner, attribute) of the rest, int32."""

    def __init__(self, gate, hal, writer, watchers):
        reference = gate.reference
        self.arrays = [hal.counts] + gate.ring.parts() + [gate.scan.carry, reference.array]
        self.numbers = [
            (writer, "n"), (gate, "windows"), (gate, "records"), (hal.state, "write_at"), (hal.state, "test_at"),
        ]  # fmt: skip
        if reference.regimes:
            self.arrays.append(reference.regimes.prototypes)
            self.numbers.append((reference.regimes, "before"))
        for watcher in watchers:
            self.arrays += [part for part, _ in watcher.parts()]
            self.numbers.append((watcher, "left"))
        self.numbers.append((gate.scan, "hop"))
        for reader in gate.readers:
            if hasattr(reader, "commissioning"):
                self.numbers += [(reader, "due"), (reader, "commissioning")]
            for name in ("quiet", "low"):
                if hasattr(reader, name):
                    self.numbers.append((reader, name))

    def pack(self):
        """bytes; hal.counts come first."""
        numbers = array("i", [int(getattr(owner, name)) for owner, name in self.numbers])
        return b"".join([bytes(part) for part in self.arrays] + [bytes(numbers)])

    def unpack(self, data):
        """Everything as it was packed."""
        at = 0
        for part in self.arrays:
            size = len(bytes(part))
            if size:
                like = array(_CODES[size // len(part)], data[at : at + size])
                for i in range(len(part)):
                    part[i] = like[i]
            at += size
        numbers = array("i", data[at:])
        for i in range(len(self.numbers)):
            owner, name = self.numbers[i]
            setattr(owner, name, numbers[i])
