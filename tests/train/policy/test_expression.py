"""Conditions of actions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.train.policy.expression import ExpressionError, parse

NAMES = ["a", "b", "c"]


def trees():
    return st.recursive(
        st.sampled_from(NAMES),
        lambda inner: st.one_of(
            st.tuples(st.just("not"), inner), st.tuples(st.sampled_from(["and", "or"]), inner, inner)
        ),
        max_leaves=12,
    )


def written(tree) -> str:
    if isinstance(tree, str):
        return tree
    if tree[0] == "not":
        return f"not ({written(tree[1])})"
    return f"({written(tree[1])}) {tree[0]} ({written(tree[2])})"


def truth(tree, passed) -> bool:
    if isinstance(tree, str):
        return passed[tree]
    if tree[0] == "not":
        return not truth(tree[1], passed)
    left, right = truth(tree[1], passed), truth(tree[2], passed)
    return left and right if tree[0] == "and" else left or right


@pytest.mark.property
@given(trees(), st.fixed_dictionaries(dict.fromkeys(NAMES, st.booleans())))
def test_a_condition_means_what_logic_says(tree, passed):
    assert parse(written(tree)).holds(passed) == truth(tree, passed)


@pytest.mark.unit
def test_not_binds_before_and_and_and_before_or():
    condition = parse("a or b and not c")
    assert condition.holds({"a": False, "b": True, "c": False})
    assert not condition.holds({"a": False, "b": True, "c": True})
    assert condition.holds({"a": True, "b": False, "c": True})


@pytest.mark.unit
def test_names_come_in_order_of_appearance_once():
    assert parse("c and (a or c)").names == ("c", "a")


@pytest.mark.unit
def test_a_condition_may_run_over_lines_and_begin_with_space():
    assert parse("  a and\n not b").holds({"a": True, "b": False})


@pytest.mark.unit
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no condition"),
        ("a and", "is no condition"),
        ("(a", "is no condition"),
        ("a) or (b", "is no condition"),
        ("a b", "is no condition"),
        ("a & b", '"a & b" at column 1'),
        ("a == b", '"a == b" at column 1'),
        ("a and f(b)", '"f(b)" at column 7'),
        ("a and 1", '"1" at column 7'),
        ("True", '"True" at column 1'),
        ("a if b else c", "at column 1"),
        ("-a", '"-a" at column 1'),
        ("a, b", "at column"),
        ("a.b", '"a.b" at column 1'),
        ("(x := a)", "at column"),
        ("\0", "is no condition"),
        ("not " * 90 + "a" + " " * 200, "at most 500"),
        ("(" * 240 + "a" + ")" * 240, "is no condition"),
    ],
)
def test_what_is_no_condition_is_refused_with_what_is_allowed(text, said):
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert said in str(error.value)
    assert "and, or, not" in str(error.value) or "at most" in str(error.value)
