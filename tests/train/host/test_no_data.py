"""The quarter of a window below which nothing is judged: the same on the host's two ways and on the device."""

import numpy as np
import pytest
from motegate.firmware.device.layout import MISSING
from motegate.train.host.judge import Trained, judge, judge_as_device

from tests.firmware import handmade

SEED = 3  # random networks that do not say 127 of themselves
WINDOW = 25  # slots 200 to 215
OVER_SAMPLES, OVER_SLOTS = [0, 1], 2  # intrinsic and contextual; data_integrity's own dimensions need no sample


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Trained:
    return Trained.load(handmade.work(tmp_path_factory.mktemp("no_data"), handmade.ONE_CHANNEL, SEED))


@pytest.mark.unit
@pytest.mark.parametrize("judged", [judge, judge_as_device])
@pytest.mark.parametrize(("valid", "no_data"), [(0, True), (3, True), (4, False), (5, False)])
def test_a_window_of_16_is_judged_from_4_valid_samples_on(trained, judged, valid, no_data):
    records = handmade.quiet(np.random.default_rng(1), 300, 1)
    records.counts[200 + valid : 216] = MISSING
    found = judged(trained, records)
    at = WINDOW - found.first
    assert (found.scores[at, OVER_SAMPLES] == 127).tolist() == [no_data] * 2
    assert found.scores[at, OVER_SLOTS] != 127
    if no_data:
        assert not found.passes[at, OVER_SAMPLES].any()
    assert (found.scores[at + 3, OVER_SAMPLES] != 127).all()
