"""What many tests need: the recordings beside the project, where they are; and what CI asks of a run."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("motegate", deadline=None)  # how fast the machine is, is no property
settings.load_profile("motegate")

os.environ["MOTEGATE_CACHE"] = ""  # each test measures for itself


def shared_folder() -> Path:
    return Path(os.environ.get("MOTEGATE_SHARED", Path(__file__).resolve().parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real recordings and emulator images."""
    folder = shared_folder()
    if not folder.is_dir():
        pytest.skip(f"no recordings at {folder}: set MOTEGATE_SHARED to the folder that holds data/ and emulators/")
    return folder


REQUIRED = "MOTEGATE_REQUIRE_DEVICE"
"""Set by .ci/run: where the emulators are, a device test that skips is a failure."""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if item.get_closest_marker("device") and not hasattr(report, "wasxfail"):
        _fail_when_skipped(report)


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector):
    """A module that skips as a whole never gets as far as its marks."""
    report = (yield).get_result()
    if isinstance(collector, pytest.Module) and "mark.device" in collector.path.read_text():
        _fail_when_skipped(report)


def _fail_when_skipped(report) -> None:
    emulators = shared_folder() / "emulators"
    if report.skipped and os.environ.get(REQUIRED) and emulators.is_dir():
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: a device test may not skip where {emulators} is: {reason}"
