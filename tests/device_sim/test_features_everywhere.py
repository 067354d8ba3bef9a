"""The dimensions of every real recording: the VM, the device's code on CPython and NumPy give the same integers.

The policies are the examples', each over every dimension of samples and records; what a classifier would say of them
is beside the point, so the bundles hold random ones.
"""

import re
from pathlib import Path

import pytest
from motegate.convert import bundle
from motegate.device_sim.features import compute
from motegate.train import policy as policies
from motegate.train import recording

from motegate import examples
from tests.firmware import handmade, streams

pytestmark = [pytest.mark.device, pytest.mark.oracle]

WAYS = ("micropython", "cpython", "numpy")
RECORDINGS = {"river": "lro_*.csv", "machine_temperature": "nab_*.csv", "compressed_air": "skab*/*.csv"}
FIRST = {"river": "lro_MainStreet2019.csv", "machine_temperature": "nab_machine_temperature.csv"}


def everything(example: str) -> str:
    """The example's policy with every dimension but those of status fields, and without the model it guards."""
    text = (Path(examples.__file__).parent / example / "policy.toml").read_text()
    text = re.sub(r"\[models\.forecast\].*?(?=\n\[)", "", text, flags=re.DOTALL).replace('"run:forecast"', "")
    names = [name for name in streams.dimension_names() if streams.module(name).SCOPE != "status"]
    children = ", ".join(f'"{name}"' for name in names)
    return re.sub(r"(\[parents\.intrinsic\][^\[]*children = )\[[^\]]*\]", rf"\1[{children}]", text)


@pytest.mark.parametrize("example", RECORDINGS)
def test_three_ways_agree_on_every_recording(example, shared, tmp_path):
    data = shared / "data"
    files = sorted(data.glob(RECORDINGS[example])) + ([data / "skab_anomaly_free.csv"] if "air" in example else [])
    assert files
    (tmp_path / "policy.toml").write_text(everything(example))
    policy = policies.load(tmp_path / "policy.toml")
    first = data / FIRST.get(example, "skab_anomaly_free.csv")
    work = handmade.work(tmp_path / "work", everything(example), records=recording.read(policy, first))
    bundle.build(work, "UNIX")
    compared = 0
    for file in files:
        ends, values = zip(*(compute(work, [file], vm, lambda *_: None)[1] for vm in WAYS), strict=True)
        for way in (1, 2):
            assert (ends[0] == ends[way]).all(), file.name
            assert (values[0] == values[way]).all(), file.name
        compared += values[0].size
    assert values[0].shape[1] >= 20
    print(f"{example}: {len(files)} recordings, {compared} integers, 0 differ")
