"""One reader of a dimension's file: its constants without running it, its measure by running it."""

import numpy as np
import pytest
from motegate.firmware.device import dimensions as package
from motegate.firmware.device import layout
from motegate.firmware.device.window import measure as device
from motegate.firmware.errors import InputError
from motegate.train.catalogue.dimension import Dimension, DimensionError, built_in, read

pytestmark = pytest.mark.unit

LEAK = '''"""Leak."""

from ..layout import LENGTH

SCOPE = "channel"
UNIT = "slot"
ONE = const(256)
FLOOR = 64
LIMIT = "late"


def measure(stats, at, reference, base):
    return stats[at + LENGTH] << 8
'''


@pytest.mark.parametrize("name", sorted(built_in()))
def test_what_is_read_of_a_built_in_dimension_is_what_its_module_says(name):
    dimension = built_in()[name]
    module = dimension.install()
    said = (module.SCOPE, module.UNIT, module.ONE, module.FLOOR, module.LIMIT)
    assert (dimension.scope, dimension.unit, dimension.one, dimension.floor, dimension.limit) == said
    assert dimension.measure() is module.measure
    assert not dimension.own


def test_a_users_own_file_is_read_without_being_run(tmp_path):
    (tmp_path / "leak.py").write_text(LEAK + "\nraise SystemExit\n")
    dimension = read(tmp_path / "leak.py", own=True)
    assert dimension == Dimension("leak", tmp_path / "leak.py", True, "channel", "slot", 256, 64, "late")


def test_a_users_own_dimension_is_found_by_the_devices_code_once_installed(tmp_path):
    (tmp_path / "leak_of_mine.py").write_text(LEAK.replace("const(256)", "256"))
    dimension = read(tmp_path / "leak_of_mine.py", own=True)
    assert not hasattr(package, "leak_of_mine")
    try:
        measure = dimension.measure()
        assert measure([5, 6], 0, None, 0) == 5 << 8
        assert device.measure_of("leak_of_mine")([7], 0, None, 0) == 7 << 8
        with pytest.raises(InputError, match=r"leak_of_mine\.py: measure raises IndexError"):
            measure([], 0, None, 0)
    finally:
        delattr(package, "leak_of_mine")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('SCOPE = "channel"', "", 'has no SCOPE = one of "channel", "window", "status"'),
        ('UNIT = "slot"', 'UNIT = "mile"', "has no UNIT = one of"),
        ('LIMIT = "late"', "LIMIT = 7", "has no LIMIT = one of"),
        ("FLOOR = 64", "FLOOR = 0", "has no FLOOR = a whole number from 1"),
        ("const(256)", "True", "has no ONE = a whole number from 1"),
        ("const(256)", "2 * 128", "has no ONE"),
        ("def measure", "def gauge", r"has no function measure\(stats, at, reference, base\)"),
        ("SCOPE", "SCOPE =", "is no Python"),
    ],
)
def test_what_a_file_lacks_is_said(tmp_path, old, new, says):
    (tmp_path / "leak.py").write_text(LEAK.replace(old, new, 1))
    with pytest.raises(DimensionError, match=says):
        read(tmp_path / "leak.py", own=True)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(DimensionError, match="cannot be read"):
        read(tmp_path / "leak.py", own=True)


POSITIONS = {
    layout.READ_BINS: range(layout.BINS, layout.BINS + layout.BIN_COUNT),
    layout.READ_RATE: [layout.RATE_MAX],
    layout.READ_SPIKE: [layout.SPIKE_N, layout.SPIKE_SUM, layout.SPIKE_MAX],
    layout.READ_DISTINCT: [layout.DISTINCT],
    layout.READ_BITS: [layout.DX_BITS],
    layout.READ_PAIR: [layout.PAIR_N, layout.RESIDUAL_SUM],
}


@pytest.mark.parametrize("name", [name for name, found in built_in().items() if found.scope == "channel"])
def test_a_dimension_asks_for_the_parts_of_a_scan_that_it_reads_and_for_no_other(name):
    seen = set()

    class Stats(list):
        def __getitem__(self, at):
            seen.add(at)
            return super().__getitem__(at)

    rng = np.random.default_rng(3)
    measure = built_in()[name].measure()
    for _ in range(20):
        reference = rng.integers(1, 64, layout.REF_STRIDE).tolist()
        measure(Stats(rng.integers(1, 64, layout.HEAD + layout.STRIDE).tolist()), layout.HEAD, reference, 0)
    assert built_in()[name].reads == sum(part for part, at in POSITIONS.items() if seen & {layout.HEAD + k for k in at})


def test_a_dimension_of_ones_own_may_read_everything(tmp_path):
    file = tmp_path / "mine.py"
    file.write_bytes(built_in()["flatline"].file.read_bytes())
    assert read(file, own=True).reads == layout.READ_ALL
