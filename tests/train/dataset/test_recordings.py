"""Several recordings: each is commissioned by itself, and together they are one dataset."""

import numpy as np
import pytest
from motegate.firmware.device import layout as at
from motegate.train import policy, recording
from motegate.train.dataset import dataset, regimes, split
from motegate.train.dataset.dataset import TrainingError
from motegate.train.host import ring

from tests.train.synthetic import policy_file, recording_file

pytestmark = pytest.mark.unit

WINDOWS = 130


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two sites of different level and noise, the second of which has labels."""
    folder = tmp_path_factory.mktemp("sites")
    fail = np.zeros(5000, bool)
    fail[3000:3100] = True
    return [
        recording_file(folder / "a.csv", 4000, seed=1, seq=True),
        recording_file(folder / "b.csv", 5000, seed=2, level=20.0, sigma=3.0, fail=fail),
    ]


def rules(folder, *without: str):
    """A policy whose dimensions need nothing that is learned of all recordings together, but those not left out."""
    path = policy_file(folder, windows=WINDOWS)
    text = path.read_text()
    for name in without:
        text = text.replace(f', "{name}"', "")
    path.write_text(text.replace("[reference]", "[reference]\nfollow_per_day = 0.05"))
    return policy.load(path)


@pytest.fixture(scope="module")
def loaded(files, tmp_path_factory):
    plain = rules(tmp_path_factory.mktemp("plain"), "consistency", "regime")
    return [dataset.load(plain, [path]) for path in files], dataset.load(plain, files)


def test_slots_of_several_recordings_lie_one_behind_the_other(files, loaded):
    plan = loaded[1].plan
    parts = [ring.expand(plan, recording.read(loaded[1].policy, [path])) for path in files]
    whole = ring.concatenate(parts)
    assert whole.windows.tolist() == parts[0].windows.tolist() + (parts[1].windows + len(parts[0].row)).tolist()
    assert whole.missed == sum(part.missed for part in parts)
    first = len(parts[0].windows)
    for index in (0, first - 1, first, len(whole.windows) - 1):
        part, here = (parts[0], index) if index < first else (parts[1], index - first)
        for one, two in zip(
            ring.cut(plan, whole, np.array([index])), ring.cut(plan, part, np.array([here])), strict=True
        ):
            np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(whole.carry[index], part.carry[here])
    there = whole.row[whole.row >= 0]
    assert there.tolist() == list(range(len(there)))  # the records of both, counted on
    assert whole.last_row[first] == len(parts[0].row[parts[0].row >= 0]) + parts[1].last_row[0]


def test_one_recording_concatenated_is_itself(files, loaded):
    part = ring.expand(loaded[1].plan, recording.read(loaded[1].policy, files[:1]))
    whole = ring.concatenate([part])
    for name in ring.Slots.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(whole, name), getattr(part, name))


def test_each_recording_is_commissioned_as_it_is_alone(loaded):
    alone, together = loaded
    bands = slice(at.REF_HEAD, at.REF_HEAD + at.REF_STRIDE)
    names = ("values", "references", "status")
    apart = {name: np.concatenate([getattr(each, name) for each in alone]) for name in names}
    np.testing.assert_array_equal(together.status, apart["status"])
    np.testing.assert_array_equal(together.references[:, bands], apart["references"][:, bands])
    # limits are drawn towards what is usual in all recordings, by little
    assert np.abs(together.values.astype(int) - apart["values"]).max() < at.RARITY_DECADE // 4
    assert together.recording.tolist() == [0] * len(alone[0].judged) + [1] * len(alone[1].judged)
    lo = at.REF_HEAD + at.LO0
    bands = [np.unique(together.references[together.recording == i, lo]).tolist() for i in (0, 1)]
    assert len(bands[0]) == len(bands[1]) == 1  # commissioned once each
    assert bands[0] != bands[1]


def test_the_windows_of_each_are_those_that_it_has_alone(loaded):
    alone, together = loaded
    first = len(alone[0].judged)
    one, two = together.windows(np.array([0, first, len(together.judged) - 1])), alone[1].windows(np.array([0]))
    np.testing.assert_array_equal(one.counts[1], two.counts[0])
    np.testing.assert_array_equal(together.measure(one), together.values[[0, first, -1]])


def test_no_window_of_commissioning_is_judged(loaded):
    _, together = loaded
    a, b = ((n - 32) // 16 + 1 for n in (4000, 5000))
    assert together.judged.tolist() == [*range(WINDOWS, a), *range(a + WINDOWS, a + b)]


def test_a_recording_without_a_label_says_nothing_of_it(loaded):
    alone, together = loaded
    assert alone[0].fails == {}
    first = len(alone[0].judged)
    assert not together.fails["contextual"][:first].any()
    np.testing.assert_array_equal(together.fails["contextual"][first:], alone[1].fails["contextual"])
    assert together.numbered  # one of them is
    assert [path.name for path in together.sources] == ["a.csv", "b.csv"]


@pytest.fixture(scope="module")
def with_regimes(files, tmp_path_factory):
    return dataset.load(rules(tmp_path_factory.mktemp("regimes"), "consistency"), files)


def test_each_window_is_judged_by_the_regimes_of_its_own_recording(with_regimes, loaded):
    found = with_regimes
    assert (found.recording % 2).tolist() == loaded[1].recording.tolist()
    regime = [column.name for column in found.plan.columns].index("regime")
    for i in np.unique(found.recording):
        rows = np.flatnonzero(found.recording == i)[:20]
        some = found.windows(rows)
        assert (some.prototypes == found.prototypes[i]).all()
        own = found.measure(some)[:, regime]
        assert (found.values[rows, regime] >= own).all()  # where the shipped ones find it stranger, that counts
        assert (found.values[rows, regime] == own).any()


def test_no_window_is_judged_by_regimes_that_it_helped_to_find(with_regimes):
    """Each half of the training part by those of the other, the rest by those of one."""
    first, second = regimes.halves(with_regimes.split.part == split.TRAIN)
    assert len(with_regimes.prototypes) == 4  # of two recordings, by the regimes of two halves
    assert (with_regimes.recording[first] >= 2).all()
    assert (with_regimes.recording[~first] < 2).all()
    assert second.any()


def test_the_last_recordings_end_is_the_test_part(loaded):
    _, together = loaded
    assert (together.recording[together.split.part == split.TEST] == 1).all()
    assert (np.diff(together.split.part[together.split.part != split.NONE].astype(int)) >= 0).all()


def test_a_recording_too_short_is_named(files, tmp_path):
    short = recording_file(tmp_path / "short.csv", 2000)
    with pytest.raises(TrainingError) as error:
        dataset.load(rules(tmp_path), [files[0], short])
    assert error.value.lines == [
        f"{short}: 124 windows of 32 records, of which commissioning takes {WINDOWS}; expected at least "
        f"{WINDOWS + dataset.LEAST}: a longer recording, a smaller hop or fewer reference.windows"
    ]
