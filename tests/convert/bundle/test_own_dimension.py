"""A user's own dimension is tried on hostile windows before it goes to a board."""

from pathlib import Path

import pytest
from motegate.convert import bundle
from motegate.convert.bundle import own_dimension
from motegate.firmware import vm
from motegate.firmware.errors import RefusedError
from motegate.train import policy as policies
from motegate.train.catalogue import dimension
from motegate.train.policy import plan as plans

from tests.firmware import handmade
from tests.firmware.device.test_main import RUN, frames, on_host

HEAD = '''"""Leak: how far the window's minimum lies under the band's lower edge."""

from ..layout import LO, MIN, SPIKE_MAX, SUM, VALID

SCOPE = "channel"
UNIT = "count"
ONE = 256
FLOOR = 256
LIMIT = "late"


def measure(s, c, r, b):
    '''
GOOD = """if not s[c + VALID]:
        return 0
    below = (r[b + LO] >> 6) - s[c + MIN] * 256
    return below if below > 0 else 0
"""


def work(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "leak.py").write_text(HEAD + GOOD)
    text = handmade.POLICY.replace('"spike.flow"]', '"spike.flow", "leak"]')
    text = text.replace("[parents.intrinsic]", '[dimensions.leak]\nfile = "leak.py"\n[parents.intrinsic]', 1)
    return handmade.work(folder, text)


@pytest.mark.device
def test_a_sound_dimension_is_built_and_judges_the_same_on_both_pythons(tmp_path):
    import numpy as np

    folder = work(tmp_path / "work")
    rng = np.random.default_rng(2)
    records = handmade.joined(handmade.quiet(rng, 200), handmade.hostile(rng, 200))
    (tmp_path / "replay.bin").write_bytes(handmade.replay(records))
    made = bundle.build(folder, "UNIX", tmp_path / "replay.bin")
    (tmp_path / "run_it.py").write_text(RUN)
    done = vm.run(tmp_path / "run_it.py", [f"{made.folder}/"], path=[made.folder / "lib"])
    host, _ = on_host(made.folder)
    said = [[f.raw for f in found if f.kind == "verdict"] for found in (frames(done.stdout), host)]
    assert said[0] == said[1]
    column = [
        column.name
        for column in plans.read(made.folder / "gate" / "plan.json", made.folder / "gate" / "actions.json").columns
    ].index("leak")
    assert len({f.body["x"][column] for f in host if "x" in f.body}) > 5


@pytest.mark.device
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return s[c + SUM] // s[c + VALID]", r"\(all missing\): raises ZeroDivisionError"),
        ("return s[c + MIN]", r"gives -\d+; expected an integer from 0 to 2\^30 - 1"),
        ("return (1 << 29) * 2", r"gives 1073741824; expected an integer from 0"),
        ("return s[c + VALID] / 2", r"gives 0\.0; expected an integer"),
        ("return s[c + SPIKE_MAX] * s[c + SPIKE_MAX] >> 20", r"an intermediate of \d+ is beyond 2\^30"),
        ("return max([s[c + VALID], 0])", "on MicroPython: it allocates"),
        ("import sys\n    return len(sys.implementation.name)", "on MicroPython: gives 11, CPython 7"),
        ("return s[c + SUM].bit_length()", "on MicroPython: AttributeError"),
        ("return [][s[c + VALID]]", "raises IndexError"),
    ],
)
def test_what_would_fail_on_a_board_is_refused_by_the_windows_name(tmp_path, body, says):
    folder = work(tmp_path)
    (folder / "leak.py").write_text(HEAD + body + "\n")
    with pytest.raises(RefusedError, match=r"leak\.py: window \d+ \([a-z 0-9]+\): .*") as refused:
        own_dimension.check(*loaded(folder), "leak")
    assert refused.match(says)


@pytest.mark.device
def test_one_that_looks_at_the_reference_has_to_say_so(tmp_path):
    folder = work(tmp_path)
    (folder / "leak.py").write_text((HEAD + GOOD).replace('"late"', '"own"'))
    with pytest.raises(
        RefusedError, match='raises LookupError: LIMIT = "own", and it looks at the reference; expected "late"'
    ):
        own_dimension.check(*loaded(folder), "leak")


@pytest.mark.device
def test_build_refuses_and_keeps_the_old_bundle(tmp_path):
    folder = work(tmp_path)
    before = bundle.build(folder, "RPI_PICO").files
    (folder / "leak.py").write_text(HEAD + "return -1\n")
    with pytest.raises(RefusedError, match="gives -1"):
        bundle.build(folder, "RPI_PICO")
    kept = {
        str(p.relative_to(folder / "firmware" / "RPI_PICO")) for p in (folder / "firmware").rglob("*") if p.is_file()
    }
    assert kept == set(before) | {"manifest.json"}


def loaded(folder: Path):
    return policies.load(folder / "policy.toml"), plans.read(folder / "convert" / "plan.json")


@pytest.mark.device
@pytest.mark.parametrize("name", sorted(dimension.built_in()))
def test_every_built_in_dimension_would_pass(tmp_path_factory, name):
    global _policy, _plan
    if _plan is None:
        _policy, _plan = loaded(handmade.work(tmp_path_factory.mktemp("own")))
    assert own_dimension.check(_policy, _plan, name) > 60


_policy = _plan = None
