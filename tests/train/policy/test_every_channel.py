"""A column for each channel: children that stand for all of them, and what is said where they cannot."""
# ruff: noqa: E501 (a table reads best with a case on each line)

import pytest
from motegate.train.policy.document import PolicyError, loads
from motegate.train.policy.plan_compiler import compile_policy
from motegate.train.policy.reader import MOST_CHILDREN

pytestmark = pytest.mark.unit

POLICY = """
[stream]
name = "plant"
period_ms = 1000
window = { length = 32 }
CHANNELS
[parents.intrinsic]
children = ["completeness", "spike"]
[parents.contextual]
PARENT
[[actions]]
name = "all"
"""
CHANNELS = ("flow", "pressure", "temp (degC)")


def policy(tmp_path, parent: str, channels=CHANNELS):
    each = "".join(f'[stream.channels."{name}"]\nresolution = 0.1\nrange = [0, 10]\n' for name in channels)
    return loads(POLICY.replace("CHANNELS", each).replace("PARENT", parent), tmp_path / "policy.toml")


def faults(tmp_path, parent: str, channels=CHANNELS) -> list[str]:
    with pytest.raises(PolicyError) as error:
        policy(tmp_path, parent, channels)
    return [line.removeprefix(f"{tmp_path / 'policy.toml'}: ") for line in error.value.lines]


def children(found) -> tuple[str, ...]:
    return found.parents[1].children


def test_a_star_stands_for_one_column_per_channel_in_the_channels_order(tmp_path):
    found = policy(tmp_path, 'children = ["timeliness", "offset.*", "excursion"]')
    assert children(found) == (
        "timeliness", "offset.flow", "offset.pressure", "offset.temp (degC)", "excursion",
    )  # fmt: skip


def test_every_channel_makes_each_child_with_channels_a_column_per_channel(tmp_path):
    found = policy(tmp_path, 'children = ["timeliness", "offset", "regime", "intrinsic"]\ncolumns = "every channel"')
    assert children(found) == (
        "timeliness", "offset.flow", "offset.pressure", "offset.temp (degC)", "regime", "intrinsic",
    )  # fmt: skip
    assert found.parents[0].children == ("completeness", "spike")  # another parent's are its own affair


def test_worst_channel_is_the_default_and_may_be_written(tmp_path):
    text = 'children = ["offset", "spike.flow"]'
    written = policy(tmp_path, text + '\ncolumns = "worst channel"')
    assert children(written) == children(policy(tmp_path, text)) == ("offset", "spike.flow")


def test_a_named_channel_stays_one_under_every_channel(tmp_path):
    found = policy(tmp_path, 'children = ["offset.flow", "excursion"]\ncolumns = "every channel"')
    assert children(found)[0] == "offset.flow"
    assert len(children(found)) == 4


def test_the_worst_and_each_channel_may_stand_side_by_side(tmp_path):
    plan = compile_policy(policy(tmp_path, 'children = ["offset", "offset.*"]'))
    columns = [plan.columns[j] for j in plan.parent("contextual").columns]
    assert [len(column.cells) for column in columns] == [3, 1, 1, 1]
    assert columns[0].cells == sum((column.cells for column in columns[1:]), ())


def test_the_plan_sees_plain_names_alone(tmp_path):
    short = compile_policy(policy(tmp_path, 'children = ["offset.*"]'))
    whole = ", ".join(f'"offset.{name}"' for name in CHANNELS)
    assert short == compile_policy(policy(tmp_path, f"children = [{whole}]"))


def test_one_channel_is_all_of_them(tmp_path):
    assert children(policy(tmp_path, 'children = ["offset.*"]', ["flow"])) == ("offset.flow",)


@pytest.mark.parametrize(
    ("parent", "said"),
    [
        ('children = ["offset"]\ncolumns = "each"', 'columns: is "each"; expected "worst channel" or "every channel"'),
        ('children = ["offset"]\ncolumns = ["offset"]', 'columns: is a list; expected "worst channel" or "every channel"'),
        ('children = "every channel"', 'children: is "every channel"; expected a list of text'),
        ('children = ["ofset.*"]', 'children: "ofset.*" is neither a parent nor a dimension'),
        ('children = ["intrinsic.*", "offset"]', 'children: "intrinsic.*" is neither a parent nor a dimension'),
        (
            'children = ["timeliness.*"]',
            'children: "timeliness.*" names a channel, but timeliness has none; expected "timeliness"',
        ),
        (
            'children = ["offset.*", "offset.flow"]',
            'children: "offset.flow" stands for "offset.flow", as "offset.*" does; once is enough',
        ),
        (
            'children = ["offset.flow", "offset"]\ncolumns = "every channel"',
            'children: "offset" stands for "offset.flow", as "offset.flow" does; once is enough',
        ),
    ],
)  # fmt: skip
def test_what_stands_for_no_column_is_one_line(tmp_path, parent, said):
    lines = faults(tmp_path, parent)
    assert len(lines) == 1
    assert lines[0].startswith(f"parents.contextual.{said}")


def test_a_channel_may_not_be_named_as_all_of_them(tmp_path):
    lines = faults(tmp_path, 'children = ["offset"]', ["flow", "*"])
    assert lines == [
        'stream.channels."*": stands for all channels in a parent\'s children; expected another name'
    ]  # fmt: skip


def test_children_are_counted_when_each_channel_has_its_own(tmp_path):
    own = [f"d{i}" for i in range(MOST_CHILDREN // 32 + 1)]
    for name in own:
        (tmp_path / f"{name}.py").write_text(
            'SCOPE = "channel"\nUNIT = "count"\nONE = 256\nFLOOR = 256\nLIMIT = "own"\n\n\n'
            "def measure(stats, at, reference, base):\n    return 0\n"
        )
    files = "".join(f'[dimensions.{name}]\nfile = "{name}.py"\n' for name in own)
    channels = [f"c{i}" for i in range(32)]
    names = ", ".join(f'"{name}"' for name in own)
    short = ", ".join(f'"{name}"' for name in own[:-1])
    parent = 'children = [{}]\ncolumns = "every channel"\n' + files
    assert len(children(policy(tmp_path, parent.format(short), channels))) == MOST_CHILDREN
    assert faults(tmp_path, parent.format(names), channels) == [
        f"parents.contextual.children: has more than {MOST_CHILDREN} children, channels counted; at most {MOST_CHILDREN}"
    ]


def test_a_dimension_of_ones_own_whose_file_is_at_fault_is_one_line(tmp_path):
    lines = faults(tmp_path, 'children = ["leak.*"]\n[dimensions.leak]\nfile = "leak.py"')
    assert len(lines) == 1
    assert lines[0].startswith('dimensions.leak.file: "leak.py" cannot be read')
