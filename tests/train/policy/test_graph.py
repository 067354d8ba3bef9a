"""The one rule of the graph: a parent passes when its classifier (if it has one) and all parents below it do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.train.policy import graph
from motegate.train.policy.graph import Graph

DIAMOND = Graph(((1, 2), (3,), (3,), ()), (0, -1, 1, 2))  # 0 over 1 and 2, both over 3


@st.composite
def graphs(draw) -> Graph:
    """Parents in any order, each over some of those that come later in a hidden one."""
    n = draw(st.integers(1, 7))
    hidden = draw(st.permutations(range(n)))
    children = [()] * n
    for i, parent in enumerate(hidden):
        children[parent] = tuple(draw(st.lists(st.sampled_from(hidden[i + 1 :]), unique=True)) if i + 1 < n else ())
    judged = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    bits = iter(range(n))
    return Graph(tuple(children), tuple(next(bits) if has else -1 for has in judged))


def says(found: Graph, parent: int, verdicts: list[bool]) -> bool:
    """The rule as a sentence."""
    own = found.classifiers[parent]
    return (own < 0 or verdicts[own]) and all(says(found, child, verdicts) for child in found.children[parent])


@pytest.mark.property
@given(graphs())
def test_every_parent_passes_by_the_rule_for_every_verdict_vector(found):
    vectors = graph.vectors(sum(c >= 0 for c in found.classifiers))
    passes = found.passes(vectors)
    for vector, row in zip(vectors.tolist(), passes.tolist(), strict=True):
        assert row == [says(found, parent, vector) for parent in range(len(row))]


@pytest.mark.property
@given(graphs())
def test_every_parent_comes_behind_those_below_it(found):
    place = {parent: i for i, parent in enumerate(found.order)}
    assert sorted(place) == list(range(len(found.children)))
    assert all(place[child] < place[parent] for parent in place for child in found.below(parent))


@pytest.mark.unit
def test_a_single_vector_and_an_array_of_them_give_the_same():
    vectors = graph.vectors(3)
    assert (DIAMOND.passes(vectors.reshape(2, 4, 3)).reshape(8, 4) == DIAMOND.passes(vectors)).all()
    assert all((DIAMOND.passes(vector) == DIAMOND.passes(vectors)[i]).all() for i, vector in enumerate(vectors))


@pytest.mark.unit
def test_a_failure_fails_everything_above_it_and_nothing_beside_or_below():
    assert DIAMOND.passes([True, False, True]).tolist() == [False, True, False, True]
    assert DIAMOND.passes([True, True, False]).tolist() == [False, False, False, False]
    assert DIAMOND.below(0) == {1, 2, 3}
    assert DIAMOND.below(3) == set()


@pytest.mark.unit
def test_a_deep_chain_is_no_matter_of_recursion():
    chain = Graph((*(((i + 1),) for i in range(4999)), ()), (*([-1] * 4999), 0))
    assert not chain.passes([False]).any()
    assert len(chain.below(0)) == 4999


@pytest.mark.unit
def test_vectors_and_their_indices_go_both_ways():
    assert graph.vectors(2).tolist() == [[False, False], [True, False], [False, True], [True, True]]
    assert np.array_equal(graph.indices(graph.vectors(5)), np.arange(32))
    assert graph.vectors(0).shape == (1, 0)
