"""The ring of windows in a file: bounded, the newest kept, whole after a restart or a power failure."""

import json
from array import array

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motegate.convert.bundle.modules import device_tree
from motegate.firmware import stored, vm
from motegate.firmware.device.keeping import store
from motegate.firmware.errors import InputError

PLAN = {"channels": [{}, {}], "length": 5}
LOCKED = """
import json, sys, micropython
from array import array
from motegate.keeping.store import Store
plan = json.loads(sys.argv[2])
class Ring:
    counts = array("h", range(-10, 10))
    def head(self): return 3
ring = Ring()
kept = Store(sys.argv[1], plan)
micropython.heap_lock()
for i in range(150):
    kept.append(ring, -i, i)
micropython.heap_unlock()
print(kept.next)
"""


class Ring:
    def __init__(self, k: int):
        rng = np.random.default_rng(k)
        self.counts = array("h", rng.integers(-32768, 32768, 20).tolist())
        self._head = k % 5

    def head(self):
        return self._head


def window(k: int) -> tuple:
    ring = Ring(k)
    rows = [list(ring.counts[i : i + 5]) for i in range(0, 20, 5)]
    rows = [tuple(row[ring.head() :] + row[: ring.head()]) for row in rows]
    return (k, 1000 - k, k % 1000, tuple(rows[:2]), rows[2], rows[3])


def keep(file, numbers, plan=PLAN):
    opened = store.Store(str(file), plan)
    for k in numbers:
        opened.append(Ring(k), 1000 - k, k % 1000)
    opened._file.file.close()
    return opened


def kept(file) -> list[tuple]:
    return [(w.number, w.seconds, w.millis, w.counts, w.lateness, w.flags) for w in stored.read(file)]


@pytest.mark.property
@settings(max_examples=25, deadline=None)
@given(runs=st.lists(st.integers(0, 90), min_size=1, max_size=5))
def test_the_newest_64_windows_are_there_after_any_restarts(tmp_path_factory, runs):
    file = tmp_path_factory.mktemp("store") / "windows.bin"
    n = 0
    for length in runs:
        keep(file, range(n, n + length))
        n += length
    assert kept(file) == [window(k) for k in range(max(0, n - 64), n)]


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 130), cut=st.integers(1, 55))
def test_a_record_that_power_cut_short_is_no_record_and_costs_one(tmp_path_factory, n, cut):
    file = tmp_path_factory.mktemp("store") / "windows.bin"
    size = keep(file, range(n)).size
    data = bytearray(file.read_bytes())
    at = 16 + (n - 1) % 64 * size
    data[at + size - cut : at + size] = bytes(cut) if any(data[at + size - cut : at + size]) else b"\1" * cut
    file.write_bytes(data)
    assert kept(file) == [window(k) for k in range(max(0, n - 64), n - 1)]
    assert store.Store(str(file), PLAN).next == n - 1


SHORT = {"channels": [{}, {}], "length": 512}
LAST = (1 << 29) - 1


def at(file, plan: dict, number: int) -> store.Store:
    """A store that goes on with this number, as after half a thousand million windows."""
    opened = store.Store(str(file), plan)
    opened.next = number
    return opened


@pytest.mark.unit
@pytest.mark.parametrize("plan", [PLAN, SHORT], ids=["64 windows", "15, which 2^29 is no multiple of"])
@pytest.mark.parametrize("before", [1, 3, 14])
@pytest.mark.parametrize("behind", [0, 1, 2, 40, 70])
def test_the_number_goes_on_at_0_after_the_last_and_the_newest_windows_stay_the_newest(tmp_path, plan, before, behind):
    slots, length = store.capacity(plan), plan["length"]
    ring = Ring(1)
    ring.counts = array("h", [0] * (4 * length))
    opened = at(tmp_path / "w", plan, LAST - before + 1)
    numbers = [(LAST - before + 1 + k) & LAST for k in range(before + behind)]
    for _ in numbers:
        opened.append(ring, 0, 0)
    opened._file.file.close()
    in_place = {number % slots: number for number in numbers}.values()
    found = [window.number for window in stored.read(tmp_path / "w")]
    assert found == [number for number in numbers if number in in_place]
    assert store.Store(str(tmp_path / "w"), plan).next == (numbers[-1] + 1) & LAST


@pytest.mark.unit
def test_more_windows_than_the_store_holds_overwrite_the_oldest_in_place(tmp_path):
    opened = store.Store(str(tmp_path / "w"), PLAN)
    for k in range(64 + 3):
        opened.append(Ring(k), 1000 - k, k % 1000)
    assert (tmp_path / "w").stat().st_size == 16 + 64 * opened.size
    assert kept(tmp_path / "w") == [window(k) for k in range(3, 67)]
    data = (tmp_path / "w").read_bytes()
    assert [int.from_bytes(data[16 + i * opened.size :][:4], "little") for i in range(4)] == [64, 65, 66, 3]


@pytest.mark.unit
@pytest.mark.parametrize(("channels", "length", "windows"), [(1, 64, 64), (1, 1024, 10), (8, 1024, 3), (64, 1024, 1)])
def test_it_holds_64_windows_or_what_fits_64_kib(channels, length, windows):
    plan = {"channels": [{}] * channels, "length": length}
    assert store.capacity(plan) == windows


@pytest.mark.unit
def test_a_file_of_another_shape_is_begun_anew(tmp_path):
    file = tmp_path / "windows.bin"
    keep(file, range(9))
    other = {"channels": [{}], "length": 5}
    assert store.Store(str(file), other).next == 0
    assert stored.read(file) == []


@pytest.mark.unit
@pytest.mark.parametrize("data", [b"", b"invalid", b"MGS1" + bytes(12), b"MGS1" + bytes(11)])
def test_what_is_invalid_is_refused_by_the_reader(tmp_path, data):
    (tmp_path / "w").write_bytes(data)
    with pytest.raises(InputError, match="w: "):
        stored.read(tmp_path / "w")


@pytest.mark.device
def test_an_append_allocates_nothing_on_the_vm(tmp_path):
    script = tmp_path / "run_it.py"
    script.write_text(LOCKED)
    done = vm.run(script, [tmp_path / "windows.bin", json.dumps(PLAN)], path=[device_tree()])
    assert done.stdout.strip() == b"150"
    assert [w.number for w in stored.read(tmp_path / "windows.bin")] == list(range(86, 150))
    assert stored.read(tmp_path / "windows.bin")[-1].counts[0] == (-7, -6, -10, -9, -8)
