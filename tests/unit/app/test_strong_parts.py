"""Parts of a graph in which every node leads to every other."""

import random

from portway.app.strong_parts import strong_parts


def parts(**follows: str) -> set[frozenset[str]]:
    return {frozenset(part) for part in strong_parts({node: list(nexts) for node, nexts in follows.items()})}


def test_a_ring_is_one_part_and_what_leads_in_or_out_is_none_of_it():
    assert parts(a="b", b="c", c="ad", d="e", e="", f="a") == {
        frozenset("abc"),
        frozenset("d"),
        frozenset("e"),
        frozenset("f"),
    }


def test_two_rings_with_one_way_between_them_are_two_parts():
    assert parts(a="b", b="ac", c="d", d="c") == {frozenset("ab"), frozenset("cd")}
    assert parts(a="b", b="ac", c="d", d="cb") == {frozenset("abcd")}


def test_nothing_has_no_parts_and_a_node_alone_is_one():
    assert parts() == set()
    assert parts(a="a", b="") == {frozenset("a"), frozenset("b")}


def test_a_way_of_many_thousand_nodes_is_followed_to_its_end():
    count = 50_000
    ring = {str(i): [str((i + 1) % count)] for i in range(count)}
    assert [len(part) for part in strong_parts(ring)] == [count]


def test_drawn_graphs_agree_with_who_reaches_whom():
    rng = random.Random(4)
    for _ in range(30):
        nodes = [str(i) for i in range(rng.randrange(1, 12))]
        follows = {n: [m for m in nodes if rng.random() < 0.18] for n in nodes}
        reach = {n: _reached(n, follows) for n in nodes}
        alike = {frozenset(m for m in nodes if m in reach[n] and n in reach[m]) for n in nodes}
        assert {frozenset(p) for p in strong_parts(follows)} == alike


def _reached(start: str, follows: dict[str, list[str]]) -> set[str]:
    found, todo = {start}, [start]
    while todo:
        new = set(follows[todo.pop()]) - found
        found |= new
        todo += new
    return found
