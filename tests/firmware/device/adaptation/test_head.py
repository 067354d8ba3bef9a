"""A last layer that labels teach: its arithmetic, its bounds, when it judges and when no longer; on the VM, too."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motegate.convert.bundle.modules import device_tree
from motegate.convert.model import canaries, pack
from motegate.firmware import vm
from motegate.firmware.device import layout as at
from motegate.firmware.device.adaptation.head import NOTHING, TOOK_OVER, WENT_BACK, Head, teachable
from motegate.firmware.device.boot.pack import Pack
from motegate.firmware.device.network import Network

pytestmark = pytest.mark.unit
N = 8
BAD, GOOD = bytes([200] * N), bytes([20] * N)
LIMIT = (1 << 30) - 1


def written(weights, bias=0, margin=2000, bad=(BAD,), good=(GOOD,)) -> bytes:
    """A pack whose last layer is given, behind one that passes N inputs on."""
    one = np.array([1 << 30], np.int32)
    first = pack.Dense(np.eye(N, dtype=np.int8), np.zeros(N, np.int32), one, np.array([1], np.int8), 0, 255, 0)
    kernel = np.array([weights], np.int8)
    last = pack.Dense(kernel, np.array([bias], np.int32), one, np.array([-6], np.int8), 0, 255, 0)
    rows = [np.frombuffer(b"".join(some), np.uint8).reshape(-1, N) for some in (bad, good)]
    packed = pack.Pack(N, 1, (first, last, pack.Table(bytes(range(256)))))
    if len(rows[0]):
        packed = canaries.with_canaries(
            packed, np.concatenate(rows), *np.split(np.arange(sum(map(len, rows))), [len(rows[0])]), margin
        )
    return pack.write(packed)


def made(weights=(40,) * N, bound=64, allowed=1, **more) -> tuple[Network, Head]:
    network = Network(Pack(written(weights, **more)))
    return network, Head(network, bound, allowed)


def judged(network: Network, window: bytes) -> int:
    for i, x in enumerate(window):
        network.input[i] = x - 128
    network.invoke()
    return network.level()


CUT = 40 * N * 110


def test_the_inputs_that_it_keeps_are_those_of_the_last_layer():
    network, one = made()
    window = bytes(range(10, 10 + N))
    level = judged(network, window)
    out = bytearray(N + 2)
    one.keep(out, 1)
    assert out[1:-1] == window
    assert level == sum(40 * x for x in window)


def test_it_judges_as_the_base_until_it_is_better_over_eight_labels():
    network, one = made()
    faint = bytes([105] * N)
    before = judged(network, faint)
    assert before <= CUT
    turned = []
    for _ in range(8):
        assert judged(network, faint) == before
        turned.append(one.learn(faint, 0, 1, CUT))
    assert turned == [NOTHING] * 7 + [TOOK_OVER]
    assert judged(network, faint) > CUT
    assert one.state[at.HEAD_BASE_ERRORS] == 8
    one.lay(False)
    assert judged(network, faint) == before
    one.lay(True)
    assert judged(network, faint) > CUT


def test_it_goes_back_when_it_is_two_worse_over_the_last_sixteen():
    network, one = made(margin=1)
    faint = bytes([100] * N)
    before = judged(network, faint)
    while one.learn(faint, 0, 1, CUT) != TOOK_OVER:
        pass
    assert [one.learn(BAD, 0, 1, CUT) for _ in range(16)] == [NOTHING] * 16
    # two ways of being good that the base passes and it fails
    assert one.learn(bytes([150] * 4 + [58] * 4), 0, 0, CUT) == NOTHING
    assert one.learn(bytes([58] * 4 + [150] * 4), 0, 0, CUT) == WENT_BACK
    assert judged(network, faint) == before
    assert not any(one.state[: at.HEAD_WEIGHTS])


def test_a_step_by_which_it_errs_on_more_canaries_than_it_may_is_not_made():
    near = bytes([109] * N)
    _, one = made(good=(GOOD, near), allowed=0)
    for _ in range(40):
        one.learn(bytes([105] * N), 0, 1, CUT)
        assert one._errs_on_canaries(CUT) == 0
    assert not one.state[at.HEAD_LIVE]
    _, free = made(good=(GOOD, near), allowed=1)
    for _ in range(8):
        free.learn(bytes([105] * N), 0, 1, CUT)
    assert free._errs_on_canaries(CUT) == 1
    assert free.state[at.HEAD_LIVE]


def test_a_canary_that_the_base_has_wrong_binds_nobody():
    _, one = made(bad=(BAD, GOOD), allowed=0)
    for _ in range(8):
        one.learn(bytes([105] * N), 0, 1, CUT)
    assert one.state[at.HEAD_LIVE]


@pytest.mark.parametrize(
    ("more", "bound", "can"),
    [
        ({}, 64, True), ({}, 0, False), ({"bad": (), "good": ()}, 64, False),
        ({"weights": (40,) * (N - 1) + (-1,)}, 64, False), ({"bias": 1 << 28}, 64, False),
    ],
)  # fmt: skip
def test_only_a_monotone_layer_with_canaries_and_room_is_taught(more, bound, can):
    network = Network(Pack(written(**({"weights": (40,) * N} | more))))
    assert teachable(network, bound) == can


words = st.lists(
    st.tuples(st.lists(st.integers(0, 255), min_size=N, max_size=N), st.booleans(), st.integers(-3, 3)),
    min_size=1, max_size=40,
)  # fmt: skip
layers = st.lists(st.integers(0, 127), min_size=N, max_size=N)


class Twin:
    """The step in numbers of any size, each of which must fit a small int of a 32-bit port."""

    def __init__(self, weights, bias: int, bound: int, margin: int):
        self.first = np.array(weights, np.int64) << 12
        self.w, self.b, self.bias = self.first.copy(), 0, bias
        self.bound = int(max(weights)) * bound << 4
        self.margin = margin

    def _fits(self, *values) -> None:
        for value in values:
            assert np.abs(value).max() <= LIMIT

    def level(self, x) -> int:
        rounded = np.minimum((self.w + 2048) >> 12, 127)
        return int(rounded @ x) + self.bias + self.b

    def step(self, x, bad: bool, cut: int) -> None:
        x = np.array(x, np.int64)
        y = 1 if bad else -1
        loss = min(1 << 17, self.margin - y * (self.level(x) - cut))
        if loss <= 0:
            return
        n2 = int((x * x).sum()) + (1 << 14) >> 8
        self._fits(loss * x, (loss * x // n2) << 4, loss * 64)
        w = self.w + y * ((loss * x // n2) << 4)
        self._fits(w, (x * x).sum())
        self.w = np.clip(w, np.maximum(0, self.first - self.bound), self.first + self.bound)
        most = self.bound * 128 >> 12
        self.b = int(np.clip(self.b + y * (loss * 64 // n2), -most, most))


@given(layers, words, st.integers(-(1 << 20), 1 << 20), st.integers(1, 256), st.integers(1, 1 << 18))
@settings(max_examples=150, deadline=None)
def test_weights_follow_the_published_step_within_their_bounds_and_thirty_bits(weights, said, bias, bound, margin):
    network = Network(Pack(written(weights, bias, margin)))
    one = Head(network, bound, 2)  # as many as there are: no canary binds
    twin = Twin(weights, bias, bound, margin)
    for x, bad, off in said:
        cut = twin.level(np.array(x)) + off * margin // 2
        turned = one.learn(bytes(x), 0, bad, cut)
        twin.step(x, bad, cut)
        if turned == WENT_BACK:
            twin.w, twin.b = twin.first.copy(), 0
        assert one.state[at.HEAD_WEIGHTS :].tolist() == twin.w.tolist()
        assert one.state[at.HEAD_BIAS] == twin.b
        assert (twin.w >= 0).all()


@given(layers, words)
@settings(max_examples=100, deadline=None)
def test_its_verdict_is_monotone_and_its_canaries_hold_whatever_is_said(weights, said):
    network = Network(Pack(written(weights)))
    one = Head(network, 256, 0)
    cut = sum(weights) * 110
    base = [judged(network, window) > cut for window in (BAD, GOOD)]
    for x, bad, _ in said:
        one.learn(bytes(x), 0, bad, cut)
        low = judged(network, bytes(x))
        assert judged(network, bytes(min(v + 9, 255) for v in x)) >= low
        for window, right, truth in zip((BAD, GOOD), base, (True, False), strict=True):
            if right == truth:
                assert (judged(network, window) > cut) == truth


SCRIPT = """
import gc, micropython, sys
from motegate.boot.pack import Pack
from motegate.network import Network
from motegate.adaptation.head import Head

network = Network(Pack(open(sys.argv[1], "rb").read()))
head = Head(network, 64, 1)
said = open(sys.argv[2], "rb").read()
out = bytearray(8)

def learn(k, cut):
    at = 9 * k
    for i in range(8):
        network.input[i] = said[at + i] - 128
    network.invoke()
    head.keep(out, 0)
    return head.learn(out, 0, said[at + 8], cut), network.level()

learn(0, 100)
head.begin()
for k in range(len(said) // 9):
    turned, level = learn(k, CUT)
    print((turned, level, list(head.state)))
    gc.collect()
    if k == 9:
        free = gc.mem_free()
print(free - gc.mem_free())
"""


@pytest.mark.device
def test_the_vm_learns_the_same_bits_and_labels_take_nothing_from_the_heap_for_good(tmp_path):
    rng = np.random.default_rng(0)
    cut = 44000
    weights = np.array((40, 90, 3, 0, 127, 60, 11, 70))
    data = written(weights.tolist())
    windows = rng.integers(40, 160, (60, N))
    rows = [bytes([*row.tolist(), int(row @ weights > 38000)]) for row in windows]
    (tmp_path / "pack").write_bytes(data)
    (tmp_path / "said").write_bytes(b"".join(rows))
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.replace("CUT", str(cut)))
    names = [tmp_path / "pack", tmp_path / "said"]
    done = vm.run(script, names, heap="256k", path=[device_tree()])
    assert done.returncode == 0, done.stdout.decode()
    *lines, kept = done.stdout.decode().splitlines()
    network = Network(Pack(data))
    one = Head(network, 64, 1)
    here = []
    out = bytearray(N)
    for row in rows:
        judged(network, row[:N])
        one.keep(out, 0)
        turned = one.learn(out, 0, row[N], cut)
        here.append((turned, network.level(), list(one.state)))
    assert lines == [str(line) for line in here]
    assert any(turned == TOOK_OVER for turned, *_ in here)
    assert int(kept) == 0
