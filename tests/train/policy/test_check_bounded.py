"""`check` ends on any policy: in lines or in findings, and within a bound that counts calls, not time."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from motegate.train.onboarding.check import check
from motegate.train.policy.document import PolicyError

from motegate import examples

EXAMPLES = sorted(Path(examples.__file__).parent.glob("*/policy.toml"))
CALLS = 2_000_000
"""Of Python and C functions: forty times what the longest of the examples takes."""
HEAD = """
[stream]
name = "tank"
period_ms = 1000
window = { length = 16, hop = 8 }
[stream.channels.level]
resolution = 0.01
range = [0, 10]
"""


class TooManyCalls(BaseException):
    pass


@contextmanager
def bounded(calls: int = CALLS) -> Iterator[None]:
    """Ends the body when it makes more calls than that."""
    left = calls

    def count(frame, event, argument):
        nonlocal left
        left -= event in ("call", "c_call")
        if left < 0:
            sys.setprofile(None)
            raise TooManyCalls

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)


def lines(path: Path, text: str) -> list[str]:
    """What `check` says of a policy: its faults or its findings."""
    path.write_text(text)
    try:
        with bounded():
            return [str(finding) for finding in check(path).findings]
    except PolicyError as error:
        return error.lines


def chain(parents: int) -> str:
    """Parents that stand one below the other, each over a dimension only where it is the last."""
    below = [f'[parents.p{i}]\nchildren = ["p{i + 1}"]\n' for i in range(parents - 1)]
    return HEAD + "".join(below) + f'[parents.p{parents - 1}]\nchildren = ["spike"]\n[[actions]]\nname = "all"\n'


@pytest.mark.unit
@pytest.mark.parametrize("parents", [65, 400, 1500])
def test_more_parents_than_the_bound_are_one_line(parents, tmp_path):
    said = lines(tmp_path / "policy.toml", chain(parents))
    assert len(said) == 1
    assert f"parents: has {parents} parents; at most 64" in said[0]


@pytest.mark.unit
def test_a_chain_of_sixteen_parents_is_allowed_and_one_of_seventeen_is_a_line(tmp_path):
    assert all("no action depends on it" in line for line in lines(tmp_path / "policy.toml", chain(16)))
    said = lines(tmp_path / "policy.toml", chain(17))
    assert len(said) == 1
    assert "parents: stand 17 deep, one below the other; at most 16" in said[0]


HOSTILE = {
    "sixty-four parents in a chain": chain(64),
    "every parent over the next sixteen": HEAD
    + "".join(
        f"[parents.p{i}]\nchildren = {[f'p{j}' for j in range(i + 1, min(64, i + 17))] or ['spike']}\n"
        for i in range(64)
    ).replace("'", '"'),
    "many children": HEAD + f"[parents.a]\nchildren = {[f'x{i}' for i in range(7000)]}\n".replace("'", '"'),
    "one child many times": HEAD + '[parents.a]\nchildren = ["spike"' + ', "spike"' * 6000 + "]\n",
    "many parents": HEAD + "".join(f"[parents.a{i}]\n" for i in range(3900)),
    "many keys": HEAD + "".join(f"k{i} = 1\n" for i in range(6400)),
    "many dimensions": HEAD + "".join(f"[dimensions.d{i}]\n" for i in range(3000)),
    "many status fields": HEAD + "".join(f"[status.d{i}]\n" for i in range(3000)),
    "many models": HEAD + "".join(f"[models.d{i}]\n" for i in range(3000)),
    "many channels": HEAD + "".join(f"[stream.channels.d{i}]\n" for i in range(2400)),
    "many actions": chain(1) + '[[actions]]\nname = "a"\nwhen = "p0"\n' * 1500,
    "many conditions": chain(1).replace('name = "all"', 'name = "all"\nwhen = "p0"')
    + "".join(f'[[actions]]\nname = "a{i}"\nwhen = "{" and ".join(["not p0"] * 49)}"\n' for i in range(110)),
    "a condition of many nots": chain(1) + f'[[actions]]\nname = "a"\nwhen = "{"not " * 124}p0"\n',
    "a condition of many parentheses": chain(1) + f'[[actions]]\nname = "a"\nwhen = "{"(" * 240}p0{")" * 240}"\n',
    "long names": HEAD + f'[parents.{"a" * 30000}]\nchildren = ["{"b" * 30000}"]\n',
    "a hexadecimal number that Python does not write": HEAD.replace("1000", "0x" + "f" * 20000),
    "a decimal number that Python does not read": HEAD.replace("1000", "9" * 20000),
    "a deep key": HEAD + f"[{'.'.join('a' * 20000)}]\n",
    "deep lists": HEAD + "x = " + "[" * 20000,
    "the same again": HEAD * 400,
    "many lines": "\n" * 100_000,
}  # fmt: skip


@pytest.mark.unit
@pytest.mark.parametrize("name", HOSTILE)
def test_a_policy_made_to_hang_is_answered(name, tmp_path):
    said = lines(tmp_path / "policy.toml", HOSTILE[name])
    assert said
    assert len(said) <= 101
    assert all(line.isprintable() for line in said)


@pytest.mark.unit
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("seed", range(60))
def test_a_mutated_example_is_answered(example, seed, tmp_path):
    for text in mutants(example.read_text(), random.Random(seed)):
        said = lines(tmp_path / "policy.toml", text)
        assert all(line.isprintable() for line in said)


def mutants(text: str, chance: random.Random) -> Iterator[str]:
    """A few policies from one: lines repeated, dropped and exchanged, tokens replaced by others of it, by hostile
    numbers and names, a stretch of it repeated."""
    hostile = [
        "0",
        "-1",
        "1e308",
        "9" * 400,
        "nan",
        '""',
        '"a"',
        "[]",
        "{}",
        "[[]]",
        "true",
        '"' + "(" * 200 + '"',
        "\x1b",
    ]
    for _ in range(5):
        rows = text.splitlines()
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(rows))
            tokens = rows[at].split()
            match chance.randrange(6):
                case 0:
                    rows[at:at] = rows[at : at + chance.randint(1, 9)] * chance.choice([1, 2, 40])
                case 1:
                    del rows[at : at + chance.randint(1, 3)]
                case 2:
                    rows[at] = rows[chance.randrange(len(rows))]
                case 3 if tokens:
                    tokens[chance.randrange(len(tokens))] = chance.choice(hostile + text.split())
                    rows[at] = " ".join(tokens)
                case 4:
                    cut = chance.randrange(len(rows[at]) + 1)
                    rows[at] = rows[at][:cut] + chance.choice(hostile) + rows[at][cut:]
                case _:
                    names = [f"p{i}" for i in range(chance.choice([3, 30, 300]))]
                    rows += [f'[parents.{n}]\nchildren = ["{chance.choice(names)}", "spike"]' for n in names]
            rows = rows or [""]
        yield "\n".join(rows)
