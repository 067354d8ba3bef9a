"""A viper source run on CPython with every integer checked: the checked twin of a 32-bit microcontroller."""

from pathlib import Path
from types import SimpleNamespace

from motegate.convert.bundle.passes import fold

INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1


def word(value: int) -> "Word":
    if not INT32_MIN <= value <= INT32_MAX:
        raise OverflowError(f"{value} is no int32")
    return Word(value)


class Word(int):
    """An int whose sums, products and shifts have to fit int32."""


def _checked(name: str):
    plain = getattr(int, name)
    return lambda self, other: word(plain(self, other))


for _name in ("add", "sub", "mul", "lshift", "rshift", "and", "or", "xor"):
    for _form in ("__%s__", "__r%s__"):
        setattr(Word, _form % _name, _checked(_form % _name))


class Memory:
    """One address space; ``signed_words``: a 32-bit load gives int32 (a microcontroller) or uint32 (64 bits)."""

    def __init__(self, signed_words: bool):
        self.bytes = bytearray(64)
        self.signed_words = signed_words

    def place(self, data) -> int:
        """Copies ``data`` in, gives its address."""
        at = len(self.bytes)
        self.bytes += bytes(data) + bytes(16 + -len(bytes(data)) % 16)
        return at

    def pointer(self, size: int):
        memory = self

        class Pointer:
            def __init__(self, address):
                self.address = int(address)

            def __getitem__(self, index):
                at = self.address + size * index
                assert 0 <= at <= len(memory.bytes) - size
                signed = memory.signed_words and size == 4
                return Word(int.from_bytes(memory.bytes[at : at + size], "little", signed=signed))

            def __setitem__(self, index, value):
                at = self.address + size * index
                assert 0 <= at <= len(memory.bytes) - size
                memory.bytes[at : at + size] = (int(value) & ((1 << 8 * size) - 1)).to_bytes(size, "little")

        return Pointer

    def load(self, path: Path) -> SimpleNamespace:
        """The functions of a viper file, bound to this memory."""
        pointers = {f"ptr{8 * size}": self.pointer(size) for size in (1, 2, 4)}

        def cast(value):
            return word(value.address) if hasattr(value, "address") else Word(value)

        source = fold(path.read_text()).replace("import micropython\n", "")
        if self.signed_words:  # `(x ^ sign) - sign` with sign = 1 << 31 gives a signed load back as it is
            source = source.replace(" << 31\n", " * 0\n")
        names = {**pointers, "int": cast, "micropython": SimpleNamespace(viper=lambda function: function)}
        exec(compile(source, str(path), "exec"), names)
        return SimpleNamespace(**names)
