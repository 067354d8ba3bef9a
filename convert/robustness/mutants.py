"""A mutation check of the robustness test: classifiers and references made wrong by one number, and how many of them
it notices (DeMillo, Lipton, Sayward, Hints on Test Data Selection, 1978)."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from motegate.firmware.device import layout
from motegate.firmware.device.boot.reference import dump, set_threshold
from motegate.firmware.device.reference.reference import Reference
from motegate.train.host import Panel, Trained

from ..model import pack
from .cases import Cases, Windows
from .robustness import outputs, test

WEIGHTS, BIASES = 120, 24  # of a network's, drawn
THRESHOLDS = (-4096, -256, -64, -16, -4, -1, 1, 4, 16, 64, 256, 4096)
OCTAVES = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)


@dataclass
class Count:
    """``made`` mutants; ``changed`` a score or a verdict on the cases, the others cannot be told from the model;
    ``noticed`` of those; ``missed``: what the others are."""

    made: int = 0
    changed: int = 0
    noticed: int = 0
    missed: list[str] = field(default_factory=list)


def check(trained: Trained, windows: Windows, some: Cases, seed: int = 0, one_in: int = 1) -> Count:
    """One parent's; ``one_in`` so many."""
    measured = windows.measured(trained.plan, trained.reference)
    before = outputs(Panel(trained), measured, some)
    count = Count()
    everything = list(mutants(trained, some.parent.name, np.random.default_rng(seed)))
    for title, wrong in everything[::one_in]:
        again = measured if wrong.reference is trained.reference else windows.measured(trained.plan, wrong.reference)
        found = outputs(Panel(wrong), again, some)
        count.made += 1
        if found.same_as(before):
            continue
        count.changed += 1
        if test(wrong, windows, some, found).passes:
            count.missed.append(title)
        else:
            count.noticed += 1
    return count


def mutants(trained: Trained, name: str, rng: np.random.Generator) -> Iterator[tuple[str, Trained]]:
    """Of weights a bit, of biases, multipliers, shifts, thresholds, scaling and limits a number."""
    packed = pack.read(trained.packs[name])
    for title, wrong in [*_layers(packed, rng), *_scaling(packed)]:
        yield title, replace(trained, packs=trained.packs | {name: pack.write(wrong)})
    parent = trained.plan.parent(name)
    for by in THRESHOLDS:
        reference = _reference(trained)
        set_threshold(reference, parent.classifier, reference.trained_threshold(parent.classifier) + by)
        yield f"the threshold {by:+}", replace(trained, reference=dump(reference))
    for k in sorted(trained.plan.cells_of(parent)):
        for octaves in OCTAVES:
            for which in ("q90", "q99"):
                reference = _reference(trained)
                at = reference.limits + layout.LIMIT_STRIDE * k
                q99, q90 = reference.array[at + layout.Q99], reference.array[at + layout.Q90]
                step = int(octaves * (1 << 24))
                reference.set_limit(k, q99 + step * (which == "q99"), q90 + step * (which == "q90"))
                title = f"{which} of {trained.plan.cells[k].dimension}, cell {k}, {octaves:+} octaves"
                yield title, replace(trained, reference=dump(reference))


def _reference(trained: Trained) -> Reference:
    return Reference(trained.plan.for_device(), trained.reference, 0)


def _layers(packed: pack.Pack, rng: np.random.Generator) -> Iterator[tuple[str, pack.Pack]]:
    dense = [(k, layer) for k, layer in enumerate(packed.layers) if isinstance(layer, pack.Dense)]
    for _ in range(WEIGHTS):
        k, layer = dense[rng.integers(len(dense))]
        weights = layer.weights.copy()
        i, j, bit = rng.integers(weights.shape[0]), rng.integers(weights.shape[1]), rng.integers(8)
        weights.view(np.uint8)[i, j] ^= 1 << bit
        yield f"bit {bit} of weight {i}, {j} of layer {k}", _with(packed, k, weights=weights)
    for n in range(BIASES):
        k, layer = dense[n % len(dense)]
        bias = layer.bias.copy()
        i, bit = rng.integers(len(bias)), rng.integers(4, 16)
        bias[i] ^= 1 << bit
        yield f"bit {bit} of bias {i} of layer {k}", _with(packed, k, bias=bias)
    for k, layer in dense:
        yield f"bit 26 of the multiplier of layer {k}", _with(packed, k, multipliers=layer.multipliers ^ (1 << 26))
        yield f"the shift of layer {k} one less", _with(packed, k, shifts=layer.shifts - np.int8(1))
        yield f"the zero point of layer {k} one more", _with(packed, k, zero=layer.zero + 1)


def _with(packed: pack.Pack, k: int, **changes) -> pack.Pack:
    layers = list(packed.layers)
    layers[k] = replace(layers[k], **changes)
    return replace(packed, layers=tuple(layers))


def _scaling(packed: pack.Pack) -> Iterator[tuple[str, pack.Pack]]:
    mapping = packed.mapping
    assert isinstance(mapping, pack.Features)  # what a parent's classifier has
    for j in range(packed.inputs):
        for what, by in (("centre", -64), ("centre", -16), ("centre", 16), ("shift", 1), ("shift", -1), ("mult", 1)):
            numbers = list(getattr(mapping, what))
            numbers[j] += by
            yield f"{what} of input {j} {by:+}", replace(packed, mapping=replace(mapping, **{what: tuple(numbers)}))
