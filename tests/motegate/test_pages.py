"""What the pages say is so: the README's policy loads, its commands are the command line's."""

import re
from pathlib import Path

import pytest
from motegate.firmware import boards
from motegate.train.catalogue.dimension import built_in
from motegate.train.policy.document import loads

from motegate import cli

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def test_the_readmes_policy_is_right():
    policy = loads(re.search(r"```toml\n(.*?)```", README, re.DOTALL)[1], ROOT / "policy.toml")
    assert policy.classifiers == ("intrinsic", "contextual", "data_integrity")


def test_the_readme_names_every_command_board_and_dimension():
    verbs = re.findall(r"^\| `(\w+)", README.split("## Commands")[1].split("## Boards")[0], re.MULTILINE)
    table = next(action for action in cli.parser()._actions if action.dest == "command")
    assert verbs == list(table.choices)
    assert all(f"`{name}`" in README for name in boards.names())
    assert all(re.search(rf"\b{name}\b", README) for name in built_in())


def test_every_file_that_a_page_points_to_is_there():
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text()):
            if target != "BENCHMARKS.md":  # made by make bench
                assert (ROOT / target).exists(), target


def test_the_picture_is_small_enough_to_clone():
    assert (ROOT / "docs" / "report.png").stat().st_size < 400_000
