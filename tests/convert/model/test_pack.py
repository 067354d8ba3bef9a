"""The pack's writer and reader on the host."""

from itertools import pairwise

import numpy as np
import pytest
from motegate.convert.model import pack, tflite_model
from motegate.convert.model.lower import lower
from motegate.convert.model.pack import Counts, Features, Pack, PackError, Table

from ..random_models import Draw

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("seed", range(12))
def test_reading_gives_back_what_was_written(seed):
    model = tflite_model.parse(Draw(seed, rows=1).data)
    n = model.input.size
    mapping = [None, Features((512,) * n, tuple(range(1, n + 1)), (2,) * n), Counts(-70000, 1234, 15)][seed % 3]
    data = pack.write(lower(model, mapping))
    found = pack.read(data)
    assert (found.inputs, found.outputs, found.mapping) == (n, model.output.size, mapping)
    assert pack.write(found) == data


def test_a_pack_is_smaller_than_its_tflite_by_far():
    rng = np.random.default_rng(0)
    from ..models import Fc, Sigmoid, build

    widths = (16, 16, 8, 1)
    layers = [
        Fc(rng.integers(-127, 128, (n, m)), np.full(n, 0.01), rng.integers(-99, 99, n), 0.1, -128, "RELU")
        for m, n in pairwise(widths)
    ]
    data = build(16, 1 / 128, 0, [*layers, Sigmoid()])
    packed = pack.write(lower(tflite_model.parse(data)))
    assert len(packed) < 0.4 * len(data)
    assert len(packed) == 12 + sum(7 + 5 * n + 4 * n + m * n for m, n in pairwise(widths)) + 257 + 4


def test_a_number_that_does_not_fit_its_field_is_refused():
    with pytest.raises(PackError, match="pack: a number does not fit its field"):
        pack.write(Pack(1, 1 << 16, (Table(bytes(256)),)))


def test_bytes_that_are_no_pack_are_refused():
    with pytest.raises(PackError, match="does not begin with MGP1"):
        pack.read(b"nothing of the kind")
