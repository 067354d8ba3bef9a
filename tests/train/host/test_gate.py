"""The whole gate on CPython, over a recording: what NumPy's form gives, status fields and gaps included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motegate.train.host import scan
from motegate.train.host.engine import Engine
from motegate.train.host.gate import HostGate

from tests.firmware import streams
from tests.firmware.device.test_core import paired


@pytest.mark.property
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([(16, 16), (16, 5), (33, 8)]), st.integers(0, 6))
def test_status_fields_are_those_of_the_windows_newest_record(seed, shape, commission):
    plan = streams.plan(*shape, channels=2, windows=commission)
    records = streams.hostile(seed, 400, plan)
    reference = paired(plan, [500, -700])
    gate = HostGate(plan, None, reference, records).run()
    engine = Engine(plan, reference)
    slots, stats = scan.measure(plan, records, engine.pairs)
    run = engine.run(slots, stats)
    assert gate.commission == run.first
    assert (gate.columns() == run.values).all()
    assert (gate.ends() == np.column_stack((records.seconds, records.millis))[slots.last_row]).all()
