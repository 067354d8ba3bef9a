"""CI fails where a device test was skipped though the emulators are there."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[1]
TESTS = """
import pytest

pytestmark = pytest.mark.KIND

@pytest.fixture
def board():
    pytest.skip("no board")

def test_in_a_fixture(board):
    pass

def test_in_the_test():
    pytest.importorskip("no_such_module_at_all")

@pytest.mark.skip(reason="lazy")
def test_by_a_mark():
    pass
"""


def run(folder: Path, kind: str, required: bool, emulators: bool, text: str = TESTS) -> subprocess.CompletedProcess:
    (folder / "shared" / ("emulators" if emulators else "data")).mkdir(parents=True)
    (folder / "test_it.py").write_text(text.replace("KIND", kind))
    (folder / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    environment = {"PATH": "", "MOTEGATE_SHARED": str(folder / "shared"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), "-n", "0"]
    return subprocess.run(
        [*command, "--rootdir", str(folder), str(folder / "test_it.py")],
        env=environment | ({"MOTEGATE_REQUIRE_DEVICE": "1"} if required else {}),
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "required", "emulators", "failed"),
    [("device", True, True, 3), ("device", False, True, 0), ("device", True, False, 0), ("unit", True, True, 0)],
)
def test_a_skipped_device_test_fails_where_ci_has_the_emulators(tmp_path, kind, required, emulators, failed):
    done = run(tmp_path, kind, required, emulators)
    assert done.returncode == (1 if failed else 0), done.stdout
    assert done.stdout.count("a device test may not skip") == failed


def test_a_module_that_skips_as_a_whole_fails_too(tmp_path):
    whole = "import pytest\npytest.importorskip('no_such_module')\npytestmark = pytest.mark.device\n"
    assert run(tmp_path / "not required", "device", False, True, whole).returncode == 5  # nothing was collected
    done = run(tmp_path / "required", "device", True, True, whole)
    assert done.returncode not in (0, 5)
    assert done.stdout.count("a device test may not skip") == 1


def test_ci_asks_for_it():
    assert "export MOTEGATE_REQUIRE_DEVICE=1" in (ROOT / ".ci" / "run").read_text()
