"""Files that a policy names lie in its folder; what lies elsewhere is neither read nor run."""

import pytest
from motegate.train.policy.document import PolicyError, load
from motegate.train.training import train

from ..synthetic import policy_file, recording_file

pytestmark = pytest.mark.unit

LEAK = """
open({marker!r}, "w")
SCOPE = "window"
UNIT = "slot"
LIMIT = "own"
FLOOR = 1
ONE = 1
def measure(s, c, r, b):
    return 0
"""


@pytest.fixture
def house(tmp_path):
    """A policy in a folder of its own, with leak.py inside and outside of it; a file ``ran`` says that one was run."""

    class House:
        ran = tmp_path / "ran"
        folder = tmp_path / "policy"
        outside = tmp_path / "outside"

        def names(self, file: str, kind: str = "dimensions.leak"):
            path = policy_file(self.folder)
            path.write_text(path.read_text() + f"\n[{kind}]\nfile = {file!r}\n")
            return path

    house = House()
    for folder in (house.folder, house.outside, house.folder / "own"):
        folder.mkdir()
        (folder / "leak.py").write_text(LEAK.format(marker=str(house.ran)))
    (house.folder / "link").symlink_to(house.outside)
    (house.folder / "own" / "round").symlink_to(house.folder / "own" / "round")
    return house


WAYS = [
    "../outside/leak.py",
    "own/../leak.py",
    "link/leak.py",
    "/{outside}/leak.py",
    "C:\\leak.py",
    "own/round/leak.py",
]


@pytest.mark.parametrize("way", WAYS)
def test_a_dimension_outside_the_policy_s_folder_is_refused_before_it_is_run(way, house, tmp_path):
    path = house.names(way.replace("/{outside}", str(house.outside)))
    with pytest.raises(
        PolicyError, match=r"leak.py.* expected a file in the policy's folder|expected leak.py"
    ) as error:
        train(path, [recording_file(tmp_path / "a.csv", 3000)], tmp_path / "work")
    assert len(error.value.lines) == 1
    assert not house.ran.exists()


@pytest.mark.parametrize("way", [way.replace(".py", ".tflite") for way in WAYS])
def test_a_model_outside_the_policy_s_folder_is_refused(way, house):
    path = house.names(way.replace("/{outside}", str(house.outside)), "models.leak")
    with pytest.raises(PolicyError, match="expected a file in the policy's folder") as error:
        load(path)
    assert len(error.value.lines) == 1


def test_a_dimension_in_the_policy_s_folder_or_below_it_is_read_and_not_run(house):
    assert load(house.names("leak.py")).rules["leak"].file == house.folder / "leak.py"
    assert load(house.names("own/leak.py")).rules["leak"].file == house.folder / "own" / "leak.py"
    assert not house.ran.exists()


def test_the_folder_itself_may_be_a_link(house, tmp_path):
    house.names("leak.py")
    (tmp_path / "alias").symlink_to(house.folder)
    assert load(tmp_path / "alias" / "policy.toml").rules["leak"].file == tmp_path / "alias" / "leak.py"
