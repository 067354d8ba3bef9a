"""A bundle that several of these tests start, break and start again."""

from pathlib import Path

import numpy as np
import pytest
from motegate.convert import bundle as bundles

from .. import handmade


@pytest.fixture(scope="session")
def replaying(tmp_path_factory) -> Path:
    """The virtual board's, with a replay of 400 quiet records: to be copied."""
    folder = tmp_path_factory.mktemp("replaying")
    work = handmade.work(folder / "work")
    (folder / "replay.bin").write_bytes(handmade.replay(handmade.quiet(np.random.default_rng(5), 400)))
    return bundles.build(work, "UNIX", folder / "replay.bin").folder
