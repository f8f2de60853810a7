"""Which kinds of events and commands there are, those of subsystems that were imported from elsewhere, too."""

import itertools
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def kinds_of(base: type[T]) -> tuple[type[T], ...]:
    """All classes below `base` that have none below them, by name.

    Raises TypeError when two have the same name: a journal could not tell them apart.
    """
    found = sorted(_leaves(base), key=lambda kind: kind.__name__)
    for one, two in itertools.pairwise(found):
        if one.__name__ == two.__name__:
            raise TypeError(f"two kinds have the name {one.__name__}: in {one.__module__} and {two.__module__}")
    return tuple(found)


def _leaves(kind: type[T]) -> Iterator[type[T]]:
    below = kind.__subclasses__()
    if not below:
        yield kind
    for other in below:
        yield from _leaves(other)
