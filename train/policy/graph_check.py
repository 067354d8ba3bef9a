"""Is the graph of parents sound: children that exist, no cycle, few classifiers, no files that collide."""

from collections.abc import Iterable, Mapping, Sequence

from ..catalogue import Dimension
from ..table import Table, nearest, quoted
from .form import Model, Parent

MOST_CLASSIFIERS = 8
MOST_PARENTS = 64
MOST_DEPTH = 16


def check_graph(
    table: Table,
    parents: Sequence[Parent],
    models: Sequence[Model],
    dimensions: Mapping[str, Dimension],
    channels: Sequence[str],
    bound: set[str],
) -> bool:
    """Notes every fault; True when the graph can be walked. ``bound``: dimensions with a status field."""
    if len(parents) > MOST_PARENTS:
        table.note(f"has {len(parents)} parents; at most {MOST_PARENTS}")
        return False
    names = [parent.name for parent in parents]
    sound = True
    for parent in parents:
        for child in parent.children:
            wrong = None if child in names else _wrong_child(child, names, dimensions, channels, bound)
            if wrong:
                table.note(f"{quoted(child)} {wrong}", parent.name, "children")
                sound = False
    for cycle in _cycles({p.name: [c for c in p.children if c in names] for p in parents}):
        table.note(f"is a cycle, {' -> '.join(cycle)}; no parent may stand below itself", cycle[0], "children")
        sound = False
    if sound and (deep := _depth(parents)) > MOST_DEPTH:
        table.note(f"stand {deep} deep, one below the other; at most {MOST_DEPTH}")
        sound = False
    judged = [p.name for p in parents if any(child not in names for child in p.children)]
    if len(judged) > MOST_CLASSIFIERS:
        table.note(f"{len(judged)} of them have dimensions, so a classifier each; at most {MOST_CLASSIFIERS}")
        sound = False
    if parents and not judged:
        table.note("none of them has a dimension; at least one parent needs one")
    for first, second in _same_files([*names, *(model.name for model in models)]):
        table.note(f"would write the same files as {quoted(second)}; names must differ in more than case", first)
    return sound


def _wrong_child(
    child: str,
    parents: Sequence[str],
    dimensions: Mapping[str, Dimension],
    channels: Sequence[str],
    bound: set[str],
) -> str | None:
    name, dot, channel = child.partition(".")
    dimension = dimensions.get(name)
    if dimension is None:
        return f"is neither a parent nor a dimension; {nearest(name, [*parents, *dimensions])}"
    if dot and dimension.scope in ("window", "status"):
        return f"names a channel, but {name} has none; expected {quoted(name)}"
    if dot and channel not in channels:
        return f"names no channel; {nearest(channel, channels)}"
    if dimension.scope == "status" and name not in bound:
        return f'has no field bound to it; expected [status.NAME] with dimension = "{name}"'
    return None


def _cycles(children: Mapping[str, Sequence[str]]) -> Iterable[list[str]]:
    """Each cycle once, from the parent that comes first in the policy."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> Iterable[list[str]]:
        if name in way:
            yield [*way[way.index(name) :], name]
        elif name not in done:
            for child in children[name]:
                yield from walk(child, [*way, name])
            done.add(name)

    for name in children:
        yield from walk(name, [])


def _depth(parents: Sequence[Parent]) -> int:
    """How many parents stand one below the other at most, where there is no cycle."""
    children = {parent.name: parent.children for parent in parents}
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in depths:
            depths[name] = 1 + max((depth(child) for child in children[name] if child in children), default=0)
        return depths[name]

    return max(map(depth, children), default=0)


def _same_files(names: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Names that become one file where case does not count."""
    seen: dict[str, str] = {}
    for name in names:
        if name.lower() in seen:
            yield name, seen[name.lower()]
        seen.setdefault(name.lower(), name)
