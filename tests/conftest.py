"""What many tests need: the recordings beside the project, where they are."""

import os
from pathlib import Path

import pytest


def shared_folder() -> Path:
    return Path(os.environ.get("MOTEGATE_SHARED", Path(__file__).resolve().parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real recordings and emulator images."""
    folder = shared_folder()
    if not folder.is_dir():
        pytest.skip(f"no recordings at {folder}: set MOTEGATE_SHARED to the folder that holds data/ and emulators/")
    return folder
