"""Strongly connected parts of a directed graph.

Kosaraju's algorithm as in Sharir, "A strong-connectivity algorithm and its applications in data flow analysis",
Computers & Mathematics with Applications 7 (1981), without recursion: road graphs are deep.
"""

from collections.abc import Iterable, Mapping


def strong_parts(follows: Mapping[str, Iterable[str]]) -> list[set[str]]:
    """The parts in which every node leads to every other. `follows` names the followers of every node."""
    precedes: dict[str, list[str]] = {node: [] for node in follows}
    for node, nexts in follows.items():
        for other in nexts:
            precedes[other].append(node)
    seen: set[str] = set()
    ended = [node for start in follows for node in _from(start, follows, seen)]
    seen = set()
    parts = [set(_from(start, precedes, seen)) for start in reversed(ended)]
    return [part for part in parts if part]


def _from(start: str, follows: Mapping[str, Iterable[str]], seen: set[str]) -> list[str]:
    """Nodes that are reached from one and were not seen before, each behind all that it leads to."""
    if start in seen:
        return []
    seen.add(start)
    ended, path = list[str](), [(start, iter(follows[start]))]
    while path:
        node, nexts = path[-1]
        other = next((n for n in nexts if n not in seen), None)
        if other is None:
            ended.append(node)
            path.pop()
        else:
            seen.add(other)
            path.append((other, iter(follows[other])))
    return ended
